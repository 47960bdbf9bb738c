use async_trait::async_trait;
use nc_store::{
    AccessTokenRecord, AuditChain, AuditRecord, ClientKind, ClientRecord, CodeRecord, ConsentRecord, CredentialRecord,
    Digest, GrantRecord, KeyRecord, LogoutNoticeRecord, NewClient, RefreshTokenRecord, ResourceRecord, SessionRecord,
    SpentCode, StoreError, TicketKind, TicketRecord, Unit,
};
use sqlx::SqliteConnection;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::{
    error::Error,
    sql::{
        access_tokens, audit, clients, codes, consents, credentials, grants,
        keys::{self, Ring},
        logout_notices, refresh_tokens, resources, sessions, settings, subjects, sweep, tickets,
    },
    writer::Writing,
};

/// The writing transaction. Rolls back when dropped.
pub(crate) struct SqliteUnit {
    writing: Mutex<Writing>,
    chain: AuditChain,
}

impl SqliteUnit {
    pub(crate) fn new(writing: Writing, chain: AuditChain) -> Self {
        Self {
            writing: Mutex::new(writing),
            chain,
        }
    }

    // A `Result`, as a reader's connection is; `lookup!` takes either.
    pub(crate) async fn connection(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, Error> {
        let mut writing = self.writing.lock().await;
        writing.make_changes().await?;
        MutexGuard::try_map(writing, Writing::connection).map_err(|_| Error::Lost)
    }
}

#[async_trait]
impl Unit for SqliteUnit {
    async fn insert_client(&self, client: &NewClient) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::insert(&mut connection, client).await?)
    }

    async fn update_client(&self, client: &ClientRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::update(&mut connection, client).await?)
    }

    async fn note_client_use(&self, client_id: &str, now: i64, expires_at: Option<i64>) -> Result<(), StoreError> {
        Ok(clients::note_use(
            self.writing.lock().await.batch(),
            client_id,
            now,
            expires_at,
        )?)
    }

    async fn delete_client(&self, client_id: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::delete(&mut connection, client_id).await?)
    }

    async fn evict_unused_client(&self, kind: ClientKind) -> Result<Option<String>, StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::evict_unused(&mut connection, kind).await?)
    }

    async fn put_resource(&self, resource: &ResourceRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(resources::put(&mut connection, resource).await?)
    }

    async fn delete_resource(&self, uri: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(resources::delete(&mut connection, uri).await?)
    }

    async fn put_ticket(&self, ticket: &TicketRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(tickets::put(&mut connection, ticket).await?)
    }

    async fn take_ticket(&self, kind: TicketKind, key: Digest, now: i64) -> Result<Option<TicketRecord>, StoreError> {
        let mut connection = self.connection().await?;
        Ok(tickets::take(&mut connection, kind, key, now).await?)
    }

    async fn see_once(&self, key: Digest, expires_at: i64, now: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(tickets::see_once(&mut connection, key, expires_at, now).await?)
    }

    async fn insert_grant(&self, grant: &GrantRecord) -> Result<(), StoreError> {
        Ok(grants::insert(self.writing.lock().await.batch(), grant)?)
    }

    async fn update_grant(&self, id: &str, document: &str) -> Result<(), StoreError> {
        Ok(grants::update(self.writing.lock().await.batch(), id, document)?)
    }

    async fn revoke_grant(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(grants::revoke(&mut connection, id, now).await?)
    }

    async fn revoke_grants(
        &self,
        subject: &str,
        client_id: Option<&str>,
        sid: Option<&str>,
        now: i64,
    ) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(grants::revoke_of(&mut connection, subject, client_id, sid, now).await?)
    }

    async fn insert_code(&self, code: &CodeRecord) -> Result<(), StoreError> {
        Ok(codes::insert(self.writing.lock().await.batch(), code)?)
    }

    async fn spend_code(&self, code: Digest) -> Result<Option<SpentCode>, StoreError> {
        let mut connection = self.connection().await?;
        Ok(codes::spend(&mut connection, code).await?)
    }

    async fn insert_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError> {
        Ok(refresh_tokens::insert(self.writing.lock().await.batch(), token)?)
    }

    async fn update_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError> {
        Ok(refresh_tokens::update(self.writing.lock().await.batch(), token)?)
    }

    async fn insert_access_token(&self, token: &AccessTokenRecord) -> Result<(), StoreError> {
        Ok(access_tokens::insert(self.writing.lock().await.batch(), token)?)
    }

    async fn revoke_access_token(&self, token: Digest, now: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(access_tokens::revoke(&mut connection, token, now).await?)
    }

    async fn revoke_access_tokens(&self, grant: &str, now: i64) -> Result<(), StoreError> {
        Ok(access_tokens::revoke_of_grant(
            self.writing.lock().await.batch(),
            grant,
            now,
        )?)
    }

    async fn put_consent(&self, consent: &ConsentRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(consents::put(&mut connection, consent).await?)
    }

    async fn delete_consents(&self, subject: &str, client_id: &str) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(consents::delete_of(&mut connection, subject, client_id).await?)
    }

    async fn put_key(&self, key: &KeyRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(keys::put(&mut connection, Ring::Provider, key).await?)
    }

    async fn delete_key(&self, kid: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(keys::delete(&mut connection, Ring::Provider, kid).await?)
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(sessions::insert(&mut connection, session).await?)
    }

    async fn delete_session(&self, secret: Digest) -> Result<Option<SessionRecord>, StoreError> {
        let mut connection = self.connection().await?;
        Ok(sessions::delete(&mut connection, secret).await?)
    }

    async fn delete_sessions(&self, subject: &str) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(sessions::delete_of(&mut connection, subject).await?)
    }

    async fn insert_logout_notice(&self, notice: &LogoutNoticeRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(logout_notices::insert(&mut connection, notice).await?)
    }

    async fn defer_logout_notice(&self, number: i64, next_at: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(logout_notices::defer(&mut connection, number, next_at).await?)
    }

    async fn delete_logout_notice(&self, number: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(logout_notices::delete(&mut connection, number).await?)
    }

    async fn put_credential(&self, credential: &CredentialRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(credentials::put(&mut connection, credential).await?)
    }

    async fn delete_credential(&self, number: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(credentials::delete(&mut connection, number).await?)
    }

    async fn get_subject(&self, base: &str, uid: &str, fresh: &str, now: i64) -> Result<String, StoreError> {
        let mut connection = self.connection().await?;
        Ok(subjects::get(&mut connection, base, uid, fresh, now).await?)
    }

    async fn note_credential(&self, subject: &str, needed_until: Option<i64>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(subjects::note_credential(&mut connection, subject, needed_until).await?)
    }

    async fn need_credential(&self, subject: &str, until: i64) -> Result<(), StoreError> {
        Ok(subjects::need_credential(
            self.writing.lock().await.batch(),
            subject,
            until,
        )?)
    }

    async fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(settings::put(&mut connection, key, value).await?)
    }

    async fn append_audit(&self, record: &AuditRecord) -> Result<(), StoreError> {
        let mut writing = self.writing.lock().await;
        let (batch, tail) = writing.audit();
        Ok(audit::append(batch, tail, &self.chain, record)?)
    }

    async fn sweep(&self, now: i64, audit_before: i64) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(sweep::sweep(&mut connection, &self.chain, now, audit_before).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.writing.into_inner().commit().await?)
    }
}
