use async_trait::async_trait;
use nc_auth::{Credential, token::AuthContext};
use secrecy::SecretString;

use super::{Exchange, Refreshed};
use crate::{Access, CloudAccess, Kept, NoAccess, Vault};

/// Reaches the cloud with an exchanged token; or with one from the refresh token that the person gave; where neither is to be
/// had, with the app password that the person gave.
pub struct ExternalAccess {
    exchange: Option<Exchange>,
    refreshed: Option<Refreshed>,
    vault: Vault,
    prefers_app_passwords: bool,
}

impl ExternalAccess {
    /// The vault is that of the issuer's people.
    pub const fn new(exchange: Option<Exchange>, refreshed: Option<Refreshed>, vault: Vault) -> Self {
        Self {
            exchange,
            refreshed,
            vault,
            prefers_app_passwords: false,
        }
    }

    /// Whether an app password that was given for all that a token allows comes before an exchanged token. It can do more
    /// than the token could.
    #[must_use]
    pub const fn preferring_app_passwords(mut self, preferred: bool) -> Self {
        self.prefers_app_passwords = preferred;
        self
    }

    /// Whether the issuer exchanges tokens.
    pub const fn exchanges(&self) -> bool {
        self.exchange.is_some()
    }

    /// The vault.
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Tokens from what people gave, where that is how the cloud is reached.
    pub const fn refreshed(&self) -> Option<&Refreshed> {
        self.refreshed.as_ref()
    }

    /// Forgets a token of this person that the cloud does not take.
    pub async fn forget(&self, subject: &str, token: &SecretString) {
        if let Some(exchange) = &self.exchange {
            exchange.forget(token);
        }
        if let Some(refreshed) = &self.refreshed {
            refreshed.forget(subject, Some(token)).await;
        }
    }

    async fn kept(&self, token: &AuthContext) -> Result<Option<Kept>, NoAccess> {
        let kept = self.vault.find(&token.subject).await;
        kept.map_err(|error| NoAccess::Failed(Box::new(error)))
    }
}

#[async_trait]
impl CloudAccess for ExternalAccess {
    async fn access(&self, token: &AuthContext, presented: &SecretString) -> Result<Access, NoAccess> {
        if self.prefers_app_passwords
            && let Some(kept) = self.kept(token).await?.filter(|kept| kept.is_active)
            && token.grants().limited_to(kept.limit) == token.grants()
        {
            return Ok(Kept::access(Some(kept)));
        }
        if let Some(exchange) = &self.exchange {
            let exchanged = exchange.token(token, presented).await?;
            return Ok(exchanged.map_or(Credential::NotProvisioned, Credential::Bearer).into());
        }
        if let Some(refreshed) = &self.refreshed
            && let Some(token) = refreshed.token(&token.subject).await?
        {
            return Ok(Credential::Bearer(token).into());
        }
        Ok(Kept::access(self.kept(token).await?))
    }
}
