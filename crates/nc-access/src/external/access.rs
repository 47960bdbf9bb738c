use async_trait::async_trait;
use nc_auth::{Credential, token::AuthContext};
use secrecy::SecretString;

use super::Exchange;
use crate::{Access, CloudAccess, Kept, NoAccess, Vault};

/// Reaches the cloud with an exchanged token; where the issuer exchanges none, with the app password that the person gave.
pub struct ExternalAccess {
    exchange: Option<Exchange>,
    vault: Vault,
    prefers_app_passwords: bool,
}

impl ExternalAccess {
    /// The vault is that of the issuer's people.
    pub const fn new(exchange: Option<Exchange>, vault: Vault) -> Self {
        Self {
            exchange,
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

    /// Forgets an exchanged token that the cloud does not take.
    pub fn forget(&self, token: &SecretString) {
        if let Some(exchange) = &self.exchange {
            exchange.forget(token);
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
        Ok(Kept::access(self.kept(token).await?))
    }
}
