use async_trait::async_trait;

use crate::{
    AccessTokenRecord, AuditEntry, AuditRecord, AuditReport, ClientKind, ClientRecord, CodeRecord, ConsentRecord,
    CredentialKind, CredentialRecord, Digest, FederationLookup, FederationUnit, GrantRecord, KeyRecord, KnownToken,
    LogoutNoticeRecord, NewClient, RefreshTokenRecord, ResourceRecord, SessionRecord, SpentCode, StoreError,
    TicketKind, TicketRecord,
};

/// A database that replicas share.
#[async_trait]
pub trait Store: Lookup {
    /// Begins a unit of work. Units are serialised.
    async fn begin(&self) -> Result<Box<dyn Unit>, StoreError>;

    /// Copies the whole database into a new file, consistent, while it is in use. The backend says how it is put back.
    async fn back_up(&self, target: &std::path::Path) -> Result<(), StoreError>;

    /// Goes through the whole audit log, and finds the first entry that is not what was written.
    async fn verify_audit(&self) -> Result<AuditReport, StoreError>;

    /// Waits for work under way, then closes every connection.
    async fn close(&self);
}

/// Questions. Those with `now` do not find what has ended.
#[async_trait]
pub trait Lookup: FederationLookup {
    /// A client by its id on the wire. Also a disabled or expired one.
    async fn find_client(&self, client_id: &str) -> Result<Option<ClientRecord>, StoreError>;
    /// A client by its number.
    async fn find_client_by_number(&self, number: i64) -> Result<Option<ClientRecord>, StoreError>;
    /// Every client, in order of number; after `after` (a number), at most `limit`.
    async fn list_clients(&self, after: i64, limit: u32) -> Result<Vec<ClientRecord>, StoreError>;
    /// How many clients of a kind there are.
    async fn count_clients(&self, kind: ClientKind) -> Result<u64, StoreError>;

    /// A resource by its identifier.
    async fn find_resource(&self, uri: &str) -> Result<Option<ResourceRecord>, StoreError>;
    /// Every resource, in order of identifier.
    async fn list_resources(&self) -> Result<Vec<ResourceRecord>, StoreError>;

    /// A ticket that has not ended.
    async fn find_ticket(&self, kind: TicketKind, key: Digest, now: i64) -> Result<Option<TicketRecord>, StoreError>;

    /// A grant. Also a revoked one.
    async fn find_grant(&self, id: &str) -> Result<Option<GrantRecord>, StoreError>;
    /// The grants of a subject that are not revoked, newest first.
    async fn list_grants(&self, subject: &str) -> Result<Vec<GrantRecord>, StoreError>;

    /// A refresh token in any state, also an expired one.
    async fn find_refresh_token(&self, token: Digest) -> Result<Option<RefreshTokenRecord>, StoreError>;
    /// An access token that is stored, also a revoked or expired one, with its grant.
    async fn find_access_token(&self, token: Digest) -> Result<Option<(AccessTokenRecord, GrantRecord)>, StoreError>;

    /// An access token as [`Self::find_access_token`] finds it, with the client to which its grant was given.
    async fn find_access_token_and_client(
        &self,
        token: Digest,
    ) -> Result<Option<(AccessTokenRecord, GrantRecord, ClientRecord)>, StoreError>;

    /// Both for a token of which the kind is not known, in any state: an access token, and a refresh token with its grant.
    async fn find_token(&self, access: Digest, refresh: Digest) -> Result<KnownToken, StoreError>;

    /// What a subject allowed a client for a resource. Also an expired one.
    async fn find_consent(
        &self,
        subject: &str,
        client_id: &str,
        resource: &str,
    ) -> Result<Option<ConsentRecord>, StoreError>;
    /// Every consent of a subject, in order of number.
    async fn list_consents(&self, subject: &str) -> Result<Vec<ConsentRecord>, StoreError>;

    /// Every signing key, oldest first.
    async fn list_keys(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// A browser session that has not ended.
    async fn find_session(&self, secret: Digest, now: i64) -> Result<Option<SessionRecord>, StoreError>;

    /// Browser sessions that ended by themselves and are not deleted yet, those first that ended first, at most `limit`.
    async fn list_ended_sessions(&self, now: i64, limit: u32) -> Result<Vec<SessionRecord>, StoreError>;

    /// Notices of logout that nobody sees to at `now` and that are not given up, in order of number, at most `limit`.
    async fn list_due_logout_notices(&self, now: i64, limit: u32) -> Result<Vec<LogoutNoticeRecord>, StoreError>;

    /// The credential of a subject for another server that is not discarded. Also an expired one.
    async fn find_credential(
        &self,
        issuer: &str,
        subject: &str,
        kind: CredentialKind,
    ) -> Result<Option<CredentialRecord>, StoreError>;
    /// Every credential, also discarded ones, in order of number; after `after` (a number), at most `limit`.
    async fn list_credentials(&self, after: i64, limit: u32) -> Result<Vec<CredentialRecord>, StoreError>;

    /// The subject identifier of an account (`base` names the cloud, `uid` the account in it), if it was ever seen.
    async fn find_subject(&self, base: &str, uid: &str) -> Result<Option<String>, StoreError>;
    /// The account of a subject identifier: base and uid.
    async fn find_account(&self, subject: &str) -> Result<Option<(String, String)>, StoreError>;

    /// Subjects for which a credential is noted that nothing needs any more: the noted time is over, and no grant of theirs
    /// is live, that is, neither taken back nor without any code or token that is still good. All of them, or the one that
    /// is asked about.
    async fn list_unneeded_credentials(&self, subject: Option<&str>, now: i64) -> Result<Vec<String>, StoreError>;

    /// A setting that an administrator changed while the server ran.
    async fn find_setting(&self, key: &str) -> Result<Option<String>, StoreError>;
    /// All of them, in order of key.
    async fn list_settings(&self) -> Result<Vec<(String, String)>, StoreError>;

    /// The newest audit records, newest first.
    async fn list_audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
}

/// A unit of work: questions and changes in one transaction.
///
/// A change that gives nothing back may wait for the next question, the next change that gives something back, or the commit,
/// and fails only then. Nothing more is done in a unit that such a change failed in, and it cannot be committed.
#[async_trait]
pub trait Unit: Lookup + FederationUnit {
    /// Makes a client; its number. [`StoreError::Exists`] when the id is taken.
    async fn insert_client(&self, client: &NewClient) -> Result<i64, StoreError>;
    /// Replaces what is known about a client, found by its number.
    async fn update_client(&self, client: &ClientRecord) -> Result<(), StoreError>;
    /// Notes that a client got a token, and when it ends if it gets no further one.
    async fn note_client_use(&self, client_id: &str, now: i64, expires_at: Option<i64>) -> Result<(), StoreError>;
    /// Deletes a client with its grants, codes, tokens and consents. Whether it was there.
    async fn delete_client(&self, client_id: &str) -> Result<bool, StoreError>;
    /// Deletes the client of this kind that was made first among those that never got a token. Its id. One that is disabled
    /// stays, and one about which an administrator decided something (`decided` in its document): they would come back as if
    /// nothing had been said.
    async fn evict_unused_client(&self, kind: ClientKind) -> Result<Option<String>, StoreError>;

    /// Makes or replaces a resource.
    async fn put_resource(&self, resource: &ResourceRecord) -> Result<(), StoreError>;
    /// Deletes a resource. Whether it was there.
    async fn delete_resource(&self, uri: &str) -> Result<bool, StoreError>;

    /// Makes or replaces a ticket.
    async fn put_ticket(&self, ticket: &TicketRecord) -> Result<(), StoreError>;
    /// Takes a ticket that has not ended: of many takers, one gets it.
    async fn take_ticket(&self, kind: TicketKind, key: Digest, now: i64) -> Result<Option<TicketRecord>, StoreError>;
    /// Notes something that may be seen once, until `expires_at`. `false`: it was seen before.
    async fn see_once(&self, key: Digest, expires_at: i64, now: i64) -> Result<bool, StoreError>;

    /// Makes a grant.
    async fn insert_grant(&self, grant: &GrantRecord) -> Result<(), StoreError>;
    /// Replaces a grant's document.
    async fn update_grant(&self, id: &str, document: &str) -> Result<(), StoreError>;
    /// Takes a grant back: no code or token of it is good any more. Whether it was live.
    async fn revoke_grant(&self, id: &str, now: i64) -> Result<bool, StoreError>;
    /// Takes back every grant of a subject; only those of one client, or of one session, where given. How many.
    async fn revoke_grants(
        &self,
        subject: &str,
        client_id: Option<&str>,
        sid: Option<&str>,
        now: i64,
    ) -> Result<u64, StoreError>;

    /// Stores a code.
    async fn insert_code(&self, code: &CodeRecord) -> Result<(), StoreError>;
    /// Spends a code, expired or not. `None`: there is none.
    async fn spend_code(&self, code: Digest) -> Result<Option<SpentCode>, StoreError>;

    /// Stores a refresh token.
    async fn insert_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError>;
    /// Replaces state, `spent_at` and successor of a refresh token.
    async fn update_refresh_token(&self, token: &RefreshTokenRecord) -> Result<(), StoreError>;

    /// Stores an access token.
    async fn insert_access_token(&self, token: &AccessTokenRecord) -> Result<(), StoreError>;
    /// Takes an access token back. Whether it was live.
    async fn revoke_access_token(&self, token: Digest, now: i64) -> Result<bool, StoreError>;
    /// Takes back every access token of a grant, whose refresh token stays good.
    async fn revoke_access_tokens(&self, grant: &str, now: i64) -> Result<(), StoreError>;

    /// Makes or replaces what a subject allowed a client for a resource; its number.
    async fn put_consent(&self, consent: &ConsentRecord) -> Result<i64, StoreError>;
    /// Deletes every consent of a subject for a client. How many.
    async fn delete_consents(&self, subject: &str, client_id: &str) -> Result<u64, StoreError>;

    /// Makes or replaces a signing key.
    async fn put_key(&self, key: &KeyRecord) -> Result<(), StoreError>;
    /// Deletes a signing key. Whether it was there.
    async fn delete_key(&self, kid: &str) -> Result<bool, StoreError>;

    /// Stores a browser session.
    async fn insert_session(&self, session: &SessionRecord) -> Result<(), StoreError>;
    /// Ends a browser session. What it was.
    async fn delete_session(&self, secret: Digest) -> Result<Option<SessionRecord>, StoreError>;
    /// Ends every browser session of a subject. How many.
    async fn delete_sessions(&self, subject: &str) -> Result<u64, StoreError>;

    /// Stores a notice of logout; its number.
    async fn insert_logout_notice(&self, notice: &LogoutNoticeRecord) -> Result<i64, StoreError>;
    /// Says until when somebody sees to a notice of logout. Whether it is still there.
    async fn defer_logout_notice(&self, number: i64, next_at: i64) -> Result<bool, StoreError>;
    /// Deletes a notice of logout. Whether it was there.
    async fn delete_logout_notice(&self, number: i64) -> Result<bool, StoreError>;

    /// Stores a credential (number 0), or replaces the record with its number; the number. [`StoreError::Exists`] when the
    /// subject has another one of its kind that is not discarded.
    async fn put_credential(&self, credential: &CredentialRecord) -> Result<i64, StoreError>;
    /// Deletes a credential by its number. Whether it was there.
    async fn delete_credential(&self, number: i64) -> Result<bool, StoreError>;

    /// The subject identifier of an account; `fresh` becomes it at first sight.
    async fn get_subject(&self, base: &str, uid: &str, fresh: &str, now: i64) -> Result<String, StoreError>;

    /// Notes that a credential for the account of a subject is kept, and until when it is needed even if nothing is
    /// granted; `None`: it is kept no more.
    async fn note_credential(&self, subject: &str, needed_until: Option<i64>) -> Result<(), StoreError>;
    /// Changes until when a credential is needed, if one is noted.
    async fn need_credential(&self, subject: &str, until: i64) -> Result<(), StoreError>;

    /// Changes a setting; `None` deletes it.
    async fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError>;

    /// Appends to the audit log, chained to the entry before.
    async fn append_audit(&self, record: &AuditRecord) -> Result<(), StoreError>;

    /// Deletes what has ended before `now`: tickets, codes, tokens, sessions, notices of logout, consents, clients, grants of which nothing is
    /// left, and audit records from before `audit_before` up to the first that is not what was written. How many rows, those
    /// not counted that go with another one.
    ///
    /// A code or refresh token that was used, whatever its own end, stays until nothing else is left of its grant.
    async fn sweep(&self, now: i64, audit_before: i64) -> Result<u64, StoreError>;

    /// Makes all changes at once and for good.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
