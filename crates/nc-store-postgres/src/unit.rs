use async_trait::async_trait;
use nc_store::{
    AccessTokenRecord, AuditChain, AuditRecord, ClientKind, ClientRecord, CodeRecord, ConsentRecord, CredentialRecord,
    Digest, GrantRecord, KeyRecord, LogoutNoticeRecord, NewClient, RefreshTokenRecord, ResourceRecord, SessionRecord,
    SpentCode, StoreError, TicketKind, TicketRecord, Unit,
};
use sqlx::{Connection as _, PgConnection, Postgres, Transaction};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::{
    error::Error,
    sql::{
        access_tokens, audit, clients, codes, consents, credentials, grants,
        keys::{self, Ring},
        logout_notices, refresh_tokens, resources, sessions, settings, subjects, sweep, tickets,
    },
};

/// The writing transaction. Rolls back when dropped.
pub(crate) struct PostgresUnit {
    transaction: Mutex<Transaction<'static, Postgres>>,
    chain: AuditChain,
}

impl PostgresUnit {
    pub(crate) fn new(transaction: Transaction<'static, Postgres>, chain: AuditChain) -> Self {
        Self {
            transaction: Mutex::new(transaction),
            chain,
        }
    }

    // A `Result`, as a reader's connection is; `lookup!` takes either.
    pub(crate) async fn connection(&self) -> Result<MappedMutexGuard<'_, PgConnection>, Error> {
        Ok(MutexGuard::map(self.transaction.lock().await, |transaction| {
            &mut **transaction
        }))
    }
}

/// Begins a change that may be refused. After a failed statement PostgreSQL takes no further one, unless it goes back to
/// where the change began.
pub(crate) async fn attempt(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    Ok(connection.begin().await?)
}

pub(crate) async fn succeed(attempt: Transaction<'_, Postgres>) -> Result<(), Error> {
    Ok(attempt.commit().await?)
}

#[async_trait]
impl Unit for PostgresUnit {
    async fn insert_client(&self, client: &NewClient) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = clients::insert(&mut attempt, client).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn update_client(&self, client: &ClientRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::update(&mut connection, client).await?)
    }

    async fn note_client_use(&self, client_id: &str, now: i64, expires_at: Option<i64>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(clients::note_use(&mut connection, client_id, now, expires_at).await?)
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
        let mut attempt = attempt(&mut connection).await?;
        let done = resources::put(&mut attempt, resource).await?;
        succeed(attempt).await?;
        Ok(done)
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
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = grants::insert(&mut attempt, grant).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn update_grant(&self, id: &str, document: &str) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(grants::update(&mut connection, id, document).await?)
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
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = codes::insert(&mut attempt, code).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn spend_code(&self, code: Digest) -> Result<Option<SpentCode>, StoreError> {
        let mut connection = self.connection().await?;
        Ok(codes::spend(&mut connection, code).await?)
    }

    async fn insert_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = refresh_tokens::insert(&mut attempt, token).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn update_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(refresh_tokens::update(&mut connection, token).await?)
    }

    async fn insert_access_token(&self, token: &AccessTokenRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = access_tokens::insert(&mut attempt, token).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn revoke_access_token(&self, token: Digest, now: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(access_tokens::revoke(&mut connection, token, now).await?)
    }

    async fn revoke_access_tokens(&self, grant: &str, now: i64) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(access_tokens::revoke_of_grant(&mut connection, grant, now).await?)
    }

    async fn put_consent(&self, consent: &ConsentRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = consents::put(&mut attempt, consent).await?;
        succeed(attempt).await?;
        Ok(done)
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
        let mut attempt = attempt(&mut connection).await?;
        let done = sessions::insert(&mut attempt, session).await?;
        succeed(attempt).await?;
        Ok(done)
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
        let mut attempt = attempt(&mut connection).await?;
        let done = credentials::put(&mut attempt, credential).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn delete_credential(&self, number: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(credentials::delete(&mut connection, number).await?)
    }

    async fn get_subject(&self, base: &str, uid: &str, fresh: &str, now: i64) -> Result<String, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = subjects::get(&mut attempt, base, uid, fresh, now).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn note_credential(&self, subject: &str, needed_until: Option<i64>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(subjects::note_credential(&mut connection, subject, needed_until).await?)
    }

    async fn need_credential(&self, subject: &str, until: i64) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(subjects::need_credential(&mut connection, subject, until).await?)
    }

    async fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(settings::put(&mut connection, key, value).await?)
    }

    async fn append_audit(&self, record: &AuditRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(audit::append(&mut connection, &self.chain, record).await?)
    }

    async fn sweep(&self, now: i64, audit_before: i64) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(sweep::sweep(&mut connection, &self.chain, now, audit_before).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.transaction.into_inner().commit().await.map_err(Error::from)?)
    }
}
