use async_trait::async_trait;

use super::ExternalProvider;
use crate::UserId;

/// What an account is to a provider that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was made for this provider, and is enabled.
    OfProvider,
    /// It was made otherwise (locally, or in another directory), and is enabled.
    Elsewhere,
    /// It is disabled, or its directory no longer has it.
    Refused,
    /// There is none.
    Absent,
}

/// An account that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id.
    pub user: UserId,
    /// The person's name.
    pub display_name: Option<String>,
    /// The person's mail address, as the issuer says.
    pub email: Option<String>,
    /// The groups that the provider may put it into.
    pub groups: Vec<String>,
}

/// The accounts cannot be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the accounts cannot be asked")]
pub struct AccountsFailed;

/// The accounts that tokens of others lead to.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// What the account is to the provider.
    async fn find(&self, user: &UserId, provider: &ExternalProvider) -> Result<Standing, AccountsFailed>;

    /// Makes an account for the provider. Doing it twice at once makes one. `false`: it cannot be made.
    async fn provision(&self, account: &NewAccount, provider: &ExternalProvider) -> Result<bool, AccountsFailed>;
}
