//! A store that notes what it is asked, so that equal work can be seen.

use std::sync::{Arc, Mutex};

use nc_store::{
    AccessTokenRecord, AuditEntry, AuditReport, ClientKind, ClientRecord, ConsentRecord, ContactRecord, CredentialKind,
    CredentialRecord, Digest, FederationLookup, GrantRecord, InShareMemberRecord, InShareRecord, IssuedTokenRecord,
    KeyRecord, KnownToken, LogoutNoticeRecord, Lookup, OutShareRecord, OutboxRecord, PeerRecord, RefreshTokenRecord,
    ReshareRecord, ResourceRecord, SessionRecord, Store, StoreError, TicketKind, TicketRecord, Unit,
};

pub(crate) struct Counting {
    inner: Arc<dyn Store>,
    asked: Mutex<Vec<&'static str>>,
}

impl Counting {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        let asked = Mutex::default();
        Arc::new(Self { inner, asked })
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.asked.lock().expect("not poisoned"))
    }

    fn note(&self, what: &'static str) {
        self.asked.lock().expect("not poisoned").push(what);
    }
}

macro_rules! pass {
    ($lookup:ident { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+ }) => {
        #[async_trait::async_trait]
        impl $lookup for Counting {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                self.note(stringify!($name));
                self.inner.$name($($argument),*).await
            })+
        }
    };
}

pass! { Lookup {
    fn find_client(client_id: &str) -> Option<ClientRecord>;
    fn find_client_by_number(number: i64) -> Option<ClientRecord>;
    fn list_clients(after: i64, limit: u32) -> Vec<ClientRecord>;
    fn count_clients(kind: ClientKind) -> u64;
    fn find_resource(uri: &str) -> Option<ResourceRecord>;
    fn list_resources() -> Vec<ResourceRecord>;
    fn find_ticket(kind: TicketKind, key: Digest, now: i64) -> Option<TicketRecord>;
    fn find_grant(id: &str) -> Option<GrantRecord>;
    fn list_grants(subject: &str) -> Vec<GrantRecord>;
    fn find_refresh_token(token: Digest) -> Option<RefreshTokenRecord>;
    fn find_access_token(token: Digest) -> Option<(AccessTokenRecord, GrantRecord)>;
    fn find_access_token_and_client(token: Digest) -> Option<(AccessTokenRecord, GrantRecord, ClientRecord)>;
    fn find_token(access: Digest, refresh: Digest) -> KnownToken;
    fn find_consent(subject: &str, client_id: &str, resource: &str) -> Option<ConsentRecord>;
    fn list_consents(subject: &str) -> Vec<ConsentRecord>;
    fn list_keys() -> Vec<KeyRecord>;
    fn find_session(secret: Digest, now: i64) -> Option<SessionRecord>;
    fn list_ended_sessions(now: i64, limit: u32) -> Vec<SessionRecord>;
    fn list_due_logout_notices(now: i64, limit: u32) -> Vec<LogoutNoticeRecord>;
    fn find_credential(issuer: &str, subject: &str, kind: CredentialKind) -> Option<CredentialRecord>;
    fn list_credentials(after: i64, limit: u32) -> Vec<CredentialRecord>;
    fn find_subject(base: &str, uid: &str) -> Option<String>;
    fn find_account(subject: &str) -> Option<(String, String)>;
    fn list_unneeded_credentials(subject: Option<&str>, now: i64) -> Vec<String>;
    fn find_setting(key: &str) -> Option<String>;
    fn list_settings() -> Vec<(String, String)>;
    fn list_audit(limit: u32) -> Vec<AuditEntry>;
} }

pass! { FederationLookup {
    fn find_out_share(id: &str) -> Option<OutShareRecord>;
    fn find_out_share_by_number(number: i64) -> Option<OutShareRecord>;
    fn find_out_share_by_secret(secret: Digest) -> Option<OutShareRecord>;
    fn list_out_shares(owner: &str) -> Vec<OutShareRecord>;
    fn list_out_shares_of_node(node: i64) -> Vec<OutShareRecord>;
    fn list_ended_out_shares(now: i64, limit: u32) -> Vec<OutShareRecord>;
    fn find_issued_token(jti: &str) -> Option<IssuedTokenRecord>;
    fn list_live_tokens(share: &str, now: i64) -> Vec<IssuedTokenRecord>;
    fn find_reshare(share: &str) -> Option<ReshareRecord>;
    fn find_in_share(id: &str) -> Option<InShareRecord>;
    fn find_in_share_by_number(number: i64) -> Option<InShareRecord>;
    fn list_in_shares_from(sender_host: &str, provider_id: &str) -> Vec<InShareRecord>;
    fn list_in_shares_named(provider_id: &str) -> Vec<InShareRecord>;
    fn find_in_share_member(share: &str, user: &str) -> Option<InShareMemberRecord>;
    fn list_in_share_members(share: &str) -> Vec<InShareMemberRecord>;
    fn list_in_shares_of(user: &str) -> Vec<(InShareRecord, InShareMemberRecord)>;
    fn find_peer(host: &str) -> Option<PeerRecord>;
    fn list_peers() -> Vec<PeerRecord>;
    fn list_federation_keys() -> Vec<KeyRecord>;
    fn list_due_messages(now: i64, limit: u32) -> Vec<OutboxRecord>;
    fn find_first_message(host: &str) -> Option<OutboxRecord>;
    fn find_contact(owner: &str, host: &str, user: &str) -> Option<ContactRecord>;
    fn list_contacts(owner: &str) -> Vec<ContactRecord>;
} }

#[async_trait::async_trait]
impl Store for Counting {
    async fn begin(&self) -> Result<Box<dyn Unit>, StoreError> {
        self.note("begin");
        self.inner.begin().await
    }

    async fn back_up(&self, target: &std::path::Path) -> Result<(), StoreError> {
        self.inner.back_up(target).await
    }

    async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        self.inner.verify_audit().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
