//! Tokens for the cloud from the refresh token that a person gave.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use nc_proto::clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::{IssuerError, RelyingParty};
use crate::{KeptRefresh, NoAccess, Vault, VaultError};

/// A token that ends sooner is not used any more.
const AHEAD_S: i64 = 30;
const PEOPLE: u64 = 10_000;
const FORGET: Duration = Duration::from_hours(1);
const RETRY_S: u32 = 10;

/// A token for the cloud and when it is used no more, or nothing yet.
type Known = Option<(i64, SecretString)>;

/// Gets tokens for the cloud with the refresh tokens of the vault.
#[derive(Clone)]
pub struct Refreshed {
    party: Arc<RelyingParty>,
    vault: Vault,
    resource: Option<Arc<str>>,
    clock: Clock,
    /// By subject. Whoever holds the lock refreshes: of two at once, the issuer would take the second for a thief.
    known: Cache<Arc<str>, Arc<Mutex<Known>>>,
}

impl Refreshed {
    /// Tokens for `resource`, the audience of the cloud's interfaces, for issuers that can be told.
    pub fn new(party: Arc<RelyingParty>, vault: Vault, resource: Option<&str>, clock: Clock) -> Self {
        Self {
            party,
            vault,
            resource: resource.map(Into::into),
            clock,
            known: Cache::builder().max_capacity(PEOPLE).time_to_idle(FORGET).build(),
        }
    }

    /// Notes what came with a refresh token, so that it need not be asked for.
    pub async fn note(&self, subject: &str, token: &SecretString, ends_at: i64) {
        *self.place(subject).lock().await = Some((ends_at.saturating_sub(AHEAD_S), token.clone()));
    }

    /// Forgets a token: everything of this person, or only this one.
    pub async fn forget(&self, subject: &str, token: Option<&SecretString>) {
        let place = self.place(subject);
        let mut known = place.lock().await;
        let is_it = |known: &SecretString| {
            token.is_none_or(|token| {
                known
                    .expose_secret()
                    .as_bytes()
                    .ct_eq(token.expose_secret().as_bytes())
                    .into()
            })
        };
        if known.as_ref().is_some_and(|(_, known)| is_it(known)) {
            *known = None;
        }
    }

    /// A token for the cloud. `None`: the person gave no refresh token, or the issuer takes it no more.
    ///
    /// # Errors
    /// [`NoAccess`].
    pub async fn token(&self, subject: &str) -> Result<Option<SecretString>, NoAccess> {
        let place = self.place(subject);
        let mut known = Arc::clone(&place).lock_owned().await;
        let now = self.now();
        if let Some((_, token)) = known.as_ref().filter(|(until, _)| now < *until) {
            return Ok(Some(token.clone()));
        }
        *known = None;
        // A rotated refresh token comes once. A client that goes away must not stop it from being kept.
        let (this, subject) = (self.clone(), subject.to_owned());
        let task = tokio::spawn(async move {
            let fresh = this.refresh(&subject).await?;
            known.clone_from(&fresh);
            drop(known);
            Ok(fresh.map(|(_, token)| token))
        });
        task.await
            .unwrap_or_else(|error| Err(NoAccess::Failed(Box::new(error))))
    }

    async fn refresh(&self, subject: &str) -> Result<Known, NoAccess> {
        let mut refused: Option<KeptRefresh> = None;
        loop {
            let kept = self.vault.find_refresh(subject).await.map_err(failed)?;
            let Some(kept) = kept.filter(|kept| kept.is_active) else {
                return Ok(None);
            };
            if let Some(refused) = refused.take()
                && refused.is(&kept)
            {
                tracing::info!("the issuer takes a refresh token no more; the person has to give another one");
                self.vault.revoke_refresh(subject, &kept).await.map_err(failed)?;
                return Ok(None);
            }
            let asked = self.party.refresh(&kept.token, self.resource.as_deref()).await;
            let status = if asked.is_ok() { "success" } else { "error" };
            metrics::counter!("mcp_oauth_refresh_token_operations_total", "operation" => "refresh", "status" => status)
                .increment(1);
            match asked {
                Ok(tokens) => {
                    if let Some(rotated) = &tokens.refresh_token {
                        let ends_at = tokens.refresh_ends_at;
                        let is_kept = self.vault.rotate_refresh(subject, &kept, rotated, ends_at).await;
                        if !is_kept.map_err(failed)? {
                            // Taken back, or given anew, while the issuer was asked: what came belongs to neither.
                            self.party.give_up(&tokens).await;
                            return Ok(None);
                        }
                    }
                    let until = tokens.access_ends_at.saturating_sub(AHEAD_S);
                    return Ok(Some((until, tokens.access_token)));
                }
                // Another process with the same database may have used it; then a newer one is kept.
                Err(IssuerError::InvalidGrant) => refused = Some(kept),
                Err(IssuerError::Unavailable) => return Err(NoAccess::Unavailable { retry_after_s: RETRY_S }),
                Err(IssuerError::Refused | IssuerError::IdToken) => {
                    return Err(NoAccess::Misconfigured(
                        "the issuer does not let this server use the refresh tokens that people gave it: an administrator has to check its client there",
                    ));
                }
            }
        }
    }

    fn place(&self, subject: &str) -> Arc<Mutex<Known>> {
        self.known.get_with(subject.into(), Arc::default)
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

fn failed(error: VaultError) -> NoAccess {
    NoAccess::Failed(Box::new(error))
}
