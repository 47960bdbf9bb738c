//! What Open Cloud Mesh keeps: shares to and from other servers, tokens issued for them, other servers, keys, and messages
//! that wait to be sent.
//!
//! Units are serialised, also across processes. So a lease, a compare-and-set or a counter needs no statement of its own: read
//! the record in a unit, decide, write it, commit.
//!
//! `sealed` columns hold what a [`crate::Sealer`] made for exactly that place.

use async_trait::async_trait;

use crate::{Digest, KeyRecord, StoreError, records::words};

words! {
    /// What a share to another server is worth.
    OutShareState {
        /// It is.
        Live = "live",
        /// It was ended; nothing opens it.
        Revoked = "revoked",
    }
}

words! {
    /// Where a share from another server is in its life.
    InShareState {
        /// Waits for an answer.
        Pending = "pending",
        /// Among somebody's files.
        Accepted = "accepted",
        /// Declined, or removed here.
        Declined = "declined",
        /// The other server refuses its secret.
        AuthFailed = "auth_failed",
        /// Ended by the other server.
        Dead = "dead",
    }
}

/// A share to another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutShareRecord {
    /// Stable public id: `providerId`.
    pub id: String,
    /// Its number in the sharing API, from 1; 0 before it is stored.
    pub number: i64,
    /// Who shares.
    pub owner: String,
    /// The file or folder.
    pub node: i64,
    /// The other server: normalised `host[:port]`.
    pub recipient_host: String,
    /// Digest under a key of the secret. `None` once revoked.
    pub secret: Option<Digest>,
    /// The secret, where notifications to the other server need it.
    pub secret_sealed: Option<Vec<u8>>,
    /// Rises with everything that ends tokens.
    pub generation: i64,
    /// What it is worth.
    pub state: OutShareState,
    /// Receiver, permissions, mode, note: only the owner of the record reads it.
    pub document: String,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// When it was ended.
    pub revoked_at: Option<i64>,
}

/// An access token for a share to another server, by its name; the token itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedTokenRecord {
    /// Its name.
    pub jti: String,
    /// Its share.
    pub share: String,
    /// The share's generation when it was issued.
    pub generation: i64,
    /// To whom it was given.
    pub client_host: String,
    /// When it was issued.
    pub issued_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// A share to another server that was shared on by the one there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReshareRecord {
    /// The share here.
    pub share: String,
    /// Its id at the other server.
    pub remote_id: String,
    /// The secret that was issued for it. `None` in rows from before there were such secrets.
    pub secret_sealed: Option<Vec<u8>>,
}

/// A share from another server. All members of a group have it in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InShareRecord {
    /// Its id here.
    pub id: String,
    /// Its number in the sharing API, from 1; 0 before it is stored.
    pub number: i64,
    /// The other server: normalised `host[:port]`.
    pub sender_host: String,
    /// Its id there.
    pub provider_id: String,
    /// `user` or `group`.
    pub share_type: String,
    /// The account or group here.
    pub recipient: String,
    /// Where it is in its life, for all together; of each person see [`InShareMemberRecord`].
    pub state: InShareState,
    /// Name, owner, address, mode, permissions: only the owner of the record reads it.
    pub document: String,
    /// The secret.
    pub secret_sealed: Option<Vec<u8>>,
    /// The access token that is in use.
    pub token_sealed: Option<Vec<u8>>,
    /// When it ends.
    pub token_expires_at: Option<i64>,
    /// Rises with every token.
    pub token_generation: i64,
    /// Which process asks for a token now.
    pub lease_owner: Option<String>,
    /// Until when nobody else asks.
    pub lease_until: Option<i64>,
    /// How often asking failed since it last worked.
    pub failures: i64,
    /// Until when nobody asks.
    pub backoff_until: Option<i64>,
    /// When it came.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
}

/// What one person made of a share from another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InShareMemberRecord {
    /// The share.
    pub share: String,
    /// The person.
    pub user: String,
    /// Pending, accepted or declined.
    pub state: InShareState,
    /// Where it appears: a path without a slash at its beginning; `None` until accepted.
    pub mount_point: Option<String>,
}

/// What is known about another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRecord {
    /// Normalised `host[:port]`.
    pub host: String,
    /// Its documents, when they were fetched, its pinned key, what is agreed with it.
    pub document: String,
    /// Whether it ever sent a message with a good signature: it must sign from then on.
    pub ever_signed: bool,
    /// When the record changed.
    pub changed_at: i64,
}

/// A message to another server that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    /// In the order of storing, from 1; 0 before it is stored.
    pub number: i64,
    /// To whom.
    pub host: String,
    /// What: a stable word such as `notification`.
    pub kind: String,
    /// The message; it may hold a secret.
    pub sealed: Vec<u8>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: i64,
    /// When it was stored.
    pub created_at: i64,
    /// When it is given up.
    pub expires_at: i64,
}

/// Somebody on another server whom an invitation made known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecord {
    /// Whose contact.
    pub owner: String,
    /// The other server: normalised `host[:port]`.
    pub host: String,
    /// The user there.
    pub user: String,
    /// Name and mail address.
    pub document: String,
    /// Since when.
    pub created_at: i64,
}

/// Questions about what Open Cloud Mesh keeps.
#[async_trait]
pub trait FederationLookup: Send + Sync {
    /// A share to another server, also a revoked one.
    async fn find_out_share(&self, id: &str) -> Result<Option<OutShareRecord>, StoreError>;
    /// The same, by its number.
    async fn find_out_share_by_number(&self, number: i64) -> Result<Option<OutShareRecord>, StoreError>;
    /// The same, by its secret.
    async fn find_out_share_by_secret(&self, secret: Digest) -> Result<Option<OutShareRecord>, StoreError>;
    /// The shares of a person that are live, by number.
    async fn list_out_shares(&self, owner: &str) -> Result<Vec<OutShareRecord>, StoreError>;
    /// The live shares of a file or folder, by number.
    async fn list_out_shares_of_node(&self, node: i64) -> Result<Vec<OutShareRecord>, StoreError>;
    /// Live shares whose end has come at `now`, at most `limit`.
    async fn list_ended_out_shares(&self, now: i64, limit: u32) -> Result<Vec<OutShareRecord>, StoreError>;

    /// An issued token in any state.
    async fn find_issued_token(&self, jti: &str) -> Result<Option<IssuedTokenRecord>, StoreError>;
    /// The tokens of a share that end after `now` and were not taken back, oldest first.
    async fn list_live_tokens(&self, share: &str, now: i64) -> Result<Vec<IssuedTokenRecord>, StoreError>;

    /// What is known about a share that was shared on.
    async fn find_reshare(&self, share: &str) -> Result<Option<ReshareRecord>, StoreError>;

    /// A share from another server.
    async fn find_in_share(&self, id: &str) -> Result<Option<InShareRecord>, StoreError>;
    /// The same, by its number.
    async fn find_in_share_by_number(&self, number: i64) -> Result<Option<InShareRecord>, StoreError>;
    /// Those with this id at this server: one for each receiver, by number.
    async fn list_in_shares_from(&self, sender_host: &str, provider_id: &str)
    -> Result<Vec<InShareRecord>, StoreError>;
    /// Those with this id at any server, by number: for messages that do not say where they come from.
    async fn list_in_shares_named(&self, provider_id: &str) -> Result<Vec<InShareRecord>, StoreError>;
    /// What one person made of a share.
    async fn find_in_share_member(&self, share: &str, user: &str) -> Result<Option<InShareMemberRecord>, StoreError>;
    /// What each person made of a share, by user.
    async fn list_in_share_members(&self, share: &str) -> Result<Vec<InShareMemberRecord>, StoreError>;
    /// Every share of a person with what the person made of it, by number.
    async fn list_in_shares_of(&self, user: &str) -> Result<Vec<(InShareRecord, InShareMemberRecord)>, StoreError>;

    /// What is known about another server.
    async fn find_peer(&self, host: &str) -> Result<Option<PeerRecord>, StoreError>;
    /// Every other server that is known, by host.
    async fn list_peers(&self) -> Result<Vec<PeerRecord>, StoreError>;

    /// Every key that signs messages to other servers, oldest first. Not the provider's keys, which are apart.
    async fn list_federation_keys(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// Messages that may be sent at `now`, in order of number, at most `limit`.
    async fn list_due_messages(&self, now: i64, limit: u32) -> Result<Vec<OutboxRecord>, StoreError>;
    /// The message for a server that has the lowest number, whether it may be sent yet or not.
    async fn find_first_message(&self, host: &str) -> Result<Option<OutboxRecord>, StoreError>;

    /// A contact.
    async fn find_contact(&self, owner: &str, host: &str, user: &str) -> Result<Option<ContactRecord>, StoreError>;
    /// The contacts of a person, by host and user.
    async fn list_contacts(&self, owner: &str) -> Result<Vec<ContactRecord>, StoreError>;
}

/// Changes of what Open Cloud Mesh keeps.
#[async_trait]
pub trait FederationUnit: FederationLookup {
    /// Stores a share to another server; its number.
    async fn insert_out_share(&self, share: &OutShareRecord) -> Result<i64, StoreError>;
    /// Replaces one, found by its id. Whether it was there.
    async fn update_out_share(&self, share: &OutShareRecord) -> Result<bool, StoreError>;
    /// Deletes one with its tokens. Whether it was there.
    async fn delete_out_share(&self, id: &str) -> Result<bool, StoreError>;

    /// Stores an issued token; its share must be there.
    async fn insert_issued_token(&self, token: &IssuedTokenRecord) -> Result<(), StoreError>;
    /// Takes one back. Whether nobody had before.
    async fn revoke_issued_token(&self, jti: &str, now: i64) -> Result<bool, StoreError>;
    /// Takes back every token of a share. How many were not taken back before.
    async fn revoke_issued_tokens(&self, share: &str, now: i64) -> Result<u64, StoreError>;

    /// Stores or replaces what is known about a share that was shared on, which must be there.
    async fn put_reshare(&self, reshare: &ReshareRecord) -> Result<(), StoreError>;

    /// Stores a share from another server; its number. [`StoreError::Exists`] when server, id there, type and receiver are taken.
    async fn insert_in_share(&self, share: &InShareRecord) -> Result<i64, StoreError>;
    /// Replaces one, found by its id. Whether it was there.
    async fn update_in_share(&self, share: &InShareRecord) -> Result<bool, StoreError>;
    /// Deletes one with its members. Whether it was there.
    async fn delete_in_share(&self, id: &str) -> Result<bool, StoreError>;
    /// Stores or replaces what one person made of a share, which must be there.
    async fn put_in_share_member(&self, member: &InShareMemberRecord) -> Result<(), StoreError>;

    /// Stores or replaces what is known about another server.
    async fn put_peer(&self, peer: &PeerRecord) -> Result<(), StoreError>;
    /// Forgets another server. Whether it was known.
    async fn delete_peer(&self, host: &str) -> Result<bool, StoreError>;

    /// Stores or replaces a key.
    async fn put_federation_key(&self, key: &KeyRecord) -> Result<(), StoreError>;
    /// Deletes a key. Whether it was there.
    async fn delete_federation_key(&self, kid: &str) -> Result<bool, StoreError>;

    /// Stores a message; its number.
    async fn insert_message(&self, message: &OutboxRecord) -> Result<i64, StoreError>;
    /// Replaces one, found by its number. Whether it was there.
    async fn update_message(&self, message: &OutboxRecord) -> Result<bool, StoreError>;
    /// Deletes one. Whether it was there.
    async fn delete_message(&self, number: i64) -> Result<bool, StoreError>;

    /// Stores or replaces a contact.
    async fn put_contact(&self, contact: &ContactRecord) -> Result<(), StoreError>;

    /// Clears what has ended before `now`: forgets access tokens that ended, frees leases that ran out, deletes shares from
    /// other servers that every person declined, messages that are given up, and issued tokens an hour after their end. Not
    /// messages of the kind `share`: whoever gives one up has a share to end with it. How many rows were touched.
    async fn sweep_federation(&self, now: i64) -> Result<u64, StoreError>;
}
