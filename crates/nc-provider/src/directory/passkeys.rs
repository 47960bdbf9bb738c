use async_trait::async_trait;
use nc_auth::UserId;

use crate::DirectoryError;

/// A passkey of an account.
#[derive(Debug, Clone)]
pub struct PasskeyRecord {
    /// What the owner and administrators name it by.
    pub number: i64,
    /// Whose it is.
    pub uid: UserId,
    /// What its authenticator names it by.
    pub credential_id: Vec<u8>,
    /// What the owner calls it.
    pub name: String,
    /// Public key, counter and flags: a document of the provider.
    pub credential: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last sign-in with it.
    pub last_used_at: Option<i64>,
}

/// A passkey to be kept.
#[derive(Debug, Clone)]
pub struct FreshPasskey<'a> {
    /// Whose it is.
    pub uid: &'a UserId,
    /// What its authenticator names it by.
    pub credential_id: &'a [u8],
    /// What the owner calls it.
    pub name: &'a str,
    /// Public key, counter and flags.
    pub credential: &'a str,
}

/// What came of keeping a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptPasskey {
    /// It is kept.
    Kept,
    /// That credential is known already, for this account or another.
    Known,
    /// The account has as many as it may have.
    TooMany,
}

/// Where the passkeys of accounts are kept.
#[async_trait]
pub trait Passkeys: Send + Sync {
    /// How many an account may have.
    fn most_passkeys(&self) -> usize;

    /// Those of an account, the oldest first.
    async fn list_passkeys(&self, uid: &UserId) -> Result<Vec<PasskeyRecord>, DirectoryError>;

    /// The one that an authenticator names so.
    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<PasskeyRecord>, DirectoryError>;

    /// Keeps one.
    async fn add_passkey(&self, fresh: &FreshPasskey<'_>) -> Result<KeptPasskey, DirectoryError>;

    /// Notes a sign-in: the credential as it is now. Whether it still was as `record` says, and its account is enabled.
    async fn use_passkey(&self, record: &PasskeyRecord, credential: &str) -> Result<bool, DirectoryError>;

    /// Takes one of an account away. Whether there was that one.
    async fn remove_passkey(&self, uid: &UserId, number: i64) -> Result<bool, DirectoryError>;
}
