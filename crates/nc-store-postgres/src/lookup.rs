//! The questions: the same statements on a reader and inside a unit.

use async_trait::async_trait;
use nc_store::{
    AccessTokenRecord, AuditEntry, ClientKind, ClientRecord, ConsentRecord, CredentialKind, CredentialRecord, Digest,
    GrantRecord, KeyRecord, KnownToken, LogoutNoticeRecord, Lookup, RefreshTokenRecord, ResourceRecord, SessionRecord,
    StoreError, TicketKind, TicketRecord,
};

use crate::{
    PostgresStore,
    sql::{
        access_tokens, audit, clients, consents, credentials, grants,
        keys::{self, Ring},
        logout_notices, refresh_tokens, resources, sessions, settings, subjects, tickets, tokens,
    },
    unit::PostgresUnit,
};

macro_rules! lookup {
    ($type:ty) => {
        #[async_trait]
        impl Lookup for $type {
            async fn find_client(&self, client_id: &str) -> Result<Option<ClientRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(clients::find(&mut connection, client_id).await?)
            }

            async fn find_client_by_number(&self, number: i64) -> Result<Option<ClientRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(clients::find_by_number(&mut connection, number).await?)
            }

            async fn list_clients(&self, after: i64, limit: u32) -> Result<Vec<ClientRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(clients::list(&mut connection, after, limit).await?)
            }

            async fn count_clients(&self, kind: ClientKind) -> Result<u64, StoreError> {
                let mut connection = self.connection().await?;
                Ok(clients::count(&mut connection, kind).await?)
            }

            async fn find_resource(&self, uri: &str) -> Result<Option<ResourceRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(resources::find(&mut connection, uri).await?)
            }

            async fn list_resources(&self) -> Result<Vec<ResourceRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(resources::list(&mut connection).await?)
            }

            async fn find_ticket(
                &self,
                kind: TicketKind,
                key: Digest,
                now: i64,
            ) -> Result<Option<TicketRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(tickets::find(&mut connection, kind, key, now).await?)
            }

            async fn find_grant(&self, id: &str) -> Result<Option<GrantRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(grants::find(&mut connection, id).await?)
            }

            async fn list_grants(&self, subject: &str) -> Result<Vec<GrantRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(grants::list(&mut connection, subject).await?)
            }

            async fn find_refresh_token(&self, token: Digest) -> Result<Option<RefreshTokenRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(refresh_tokens::find(&mut connection, token).await?)
            }

            async fn find_access_token(
                &self,
                token: Digest,
            ) -> Result<Option<(AccessTokenRecord, GrantRecord)>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(access_tokens::find(&mut connection, token).await?)
            }

            async fn find_access_token_and_client(
                &self,
                token: Digest,
            ) -> Result<Option<(AccessTokenRecord, GrantRecord, ClientRecord)>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(tokens::find_with_client(&mut connection, token).await?)
            }

            async fn find_token(&self, access: Digest, refresh: Digest) -> Result<KnownToken, StoreError> {
                let mut connection = self.connection().await?;
                Ok(tokens::find(&mut connection, access, refresh).await?)
            }

            async fn find_consent(
                &self,
                subject: &str,
                client_id: &str,
                resource: &str,
            ) -> Result<Option<ConsentRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(consents::find(&mut connection, subject, client_id, resource).await?)
            }

            async fn list_consents(&self, subject: &str) -> Result<Vec<ConsentRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(consents::list(&mut connection, subject).await?)
            }

            async fn list_keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(keys::list(&mut connection, Ring::Provider).await?)
            }

            async fn find_session(&self, secret: Digest, now: i64) -> Result<Option<SessionRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(sessions::find(&mut connection, secret, now).await?)
            }

            async fn list_ended_sessions(&self, now: i64, limit: u32) -> Result<Vec<SessionRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(sessions::list_ended(&mut connection, now, limit).await?)
            }

            async fn list_due_logout_notices(
                &self,
                now: i64,
                limit: u32,
            ) -> Result<Vec<LogoutNoticeRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(logout_notices::list_due(&mut connection, now, limit).await?)
            }

            async fn find_credential(
                &self,
                issuer: &str,
                subject: &str,
                kind: CredentialKind,
            ) -> Result<Option<CredentialRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(credentials::find(&mut connection, issuer, subject, kind).await?)
            }

            async fn list_credentials(&self, after: i64, limit: u32) -> Result<Vec<CredentialRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(credentials::list(&mut connection, after, limit).await?)
            }

            async fn find_subject(&self, base: &str, uid: &str) -> Result<Option<String>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(subjects::find(&mut connection, base, uid).await?)
            }

            async fn find_account(&self, subject: &str) -> Result<Option<(String, String)>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(subjects::find_account(&mut connection, subject).await?)
            }

            async fn list_unneeded_credentials(
                &self,
                subject: Option<&str>,
                now: i64,
            ) -> Result<Vec<String>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(subjects::list_unneeded_credentials(&mut connection, subject, now).await?)
            }

            async fn find_setting(&self, key: &str) -> Result<Option<String>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(settings::find(&mut connection, key).await?)
            }

            async fn list_settings(&self) -> Result<Vec<(String, String)>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(settings::list(&mut connection).await?)
            }

            async fn list_audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(audit::list(&mut connection, limit).await?)
            }
        }
    };
}

lookup!(PostgresStore);
lookup!(PostgresUnit);
