use async_trait::async_trait;
use nc_auth::{Credential, token::AuthContext};
use secrecy::SecretString;

use super::Exchange;
use crate::{Access, CloudAccess, Kept, NoAccess, Vault};

/// Reaches the cloud with an exchanged token; where the issuer exchanges none, with the app password that the person gave.
pub struct ExternalAccess {
    exchange: Option<Exchange>,
    vault: Vault,
}

impl ExternalAccess {
    /// The vault is that of the issuer's people.
    pub const fn new(exchange: Option<Exchange>, vault: Vault) -> Self {
        Self { exchange, vault }
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
}

#[async_trait]
impl CloudAccess for ExternalAccess {
    async fn access(&self, token: &AuthContext, presented: &SecretString) -> Result<Access, NoAccess> {
        if let Some(exchange) = &self.exchange {
            let exchanged = exchange.token(token, presented).await?;
            return Ok(exchanged.map_or(Credential::NotProvisioned, Credential::Bearer).into());
        }
        let kept = self.vault.find(&token.subject).await;
        let kept = kept.map_err(|error| NoAccess::Failed(Box::new(error)))?;
        Ok(Kept::access(kept))
    }
}
