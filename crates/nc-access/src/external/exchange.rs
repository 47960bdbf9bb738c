//! Turning a client's token into one of the same person for the cloud (RFC 8693).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use nc_auth::{Scope, ScopeKind, token::AuthContext};
use nc_proto::{
    clock::Clock,
    oauth::{
        scope_list::ScopeList,
        token::{ACCESS_TOKEN_TYPE, Grant, TokenRequest, TokenResponse},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use url::Url;

use super::{Discovered, OwnClient, client::error_code};
use crate::NoAccess;

/// A token that ends sooner is not used any more.
const AHEAD_S: i64 = 30;
/// Life of a token about which the issuer says nothing.
const UNSAID_S: i64 = 60;
const ENTRIES: u64 = 10_000;
const FORGET: Duration = Duration::from_hours(1);
const RETRY_S: u32 = 10;

/// Asks the issuer for tokens for the cloud.
pub struct Exchange {
    url: Url,
    client: Arc<OwnClient>,
    resource: String,
    clock: Clock,
    /// By the hash of the client's token.
    known: Cache<[u8; 32], Arc<Place>>,
}

/// What one token was exchanged for.
#[derive(Default)]
struct Place {
    /// How many exchanges have ended.
    ended: AtomicU64,
    /// Whoever holds the lock asks the issuer; the others want to know the same.
    outcome: Mutex<Option<Outcome>>,
}

/// How the last exchange ended.
enum Outcome {
    /// A token, and when it is used no more.
    Given(i64, SecretString),
    Failed(Failure),
}

/// Why the issuer gives no token.
#[derive(Debug, Clone, Copy)]
enum Failure {
    Refused,
    Unavailable,
    Misconfigured(&'static str),
}

impl From<Failure> for NoAccess {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused => Self::Refused,
            Failure::Unavailable => Self::Unavailable { retry_after_s: RETRY_S },
            Failure::Misconfigured(what) => Self::Misconfigured(what),
        }
    }
}

impl Exchange {
    /// Tokens for `resource`, the audience of the cloud's interfaces. `None`: the issuer does not offer it.
    pub fn new(issuer: &Discovered, client: &Arc<OwnClient>, resource: String, clock: Clock) -> Option<Self> {
        issuer.exchanges.then(|| Self {
            url: issuer.token.clone(),
            client: Arc::clone(client),
            resource,
            clock,
            known: Cache::builder().max_capacity(ENTRIES).time_to_live(FORGET).build(),
        })
    }

    /// A token for the cloud with the apps' scopes of the client's. `None`: it has none, so there is nothing to do there.
    ///
    /// All calls with one token share it: which tools it runs is decided before by its scopes. Of many at once, one asks.
    pub(super) async fn token(
        &self,
        context: &AuthContext,
        presented: &SecretString,
    ) -> Result<Option<SecretString>, NoAccess> {
        let key: [u8; 32] = Sha256::digest(presented.expose_secret()).into();
        let place = self.known.get_with(key, Arc::default);
        let ended = place.ended.load(Ordering::Acquire);
        let mut outcome = place.outcome.lock().await;
        let now = self.clock.now().unix_timestamp();
        match &*outcome {
            Some(Outcome::Given(until, token)) if now < *until => return Ok(Some(token.clone())),
            // It failed while this call waited for it, so it would fail again.
            Some(Outcome::Failed(failure)) if place.ended.load(Ordering::Acquire) != ended => {
                return Err((*failure).into());
            }
            _ => {}
        }
        let scopes = of_apps(&context.scopes);
        if scopes.is_empty() {
            return Ok(None);
        }
        let asked = self.ask(presented, scopes).await;
        place.ended.fetch_add(1, Ordering::Release);
        match asked {
            Ok((token, lifetime_s)) => {
                let until = now.saturating_add(lifetime_s - AHEAD_S).min(context.expires_at);
                *outcome = Some(Outcome::Given(until, token.clone()));
                Ok(Some(token))
            }
            Err(failure) => {
                *outcome = Some(Outcome::Failed(failure));
                Err(failure.into())
            }
        }
    }

    /// Forgets a token that the cloud does not take; the next request gets another.
    pub(super) fn forget(&self, token: &SecretString) {
        let is_it = |kept: &SecretString| -> bool {
            kept.expose_secret()
                .as_bytes()
                .ct_eq(token.expose_secret().as_bytes())
                .into()
        };
        for (_, place) in &self.known {
            // A place that is locked is getting another token.
            let Ok(mut outcome) = place.outcome.try_lock() else {
                continue;
            };
            if matches!(&*outcome, Some(Outcome::Given(_, kept)) if is_it(kept)) {
                *outcome = None;
            }
        }
    }

    async fn ask(&self, presented: &SecretString, scopes: ScopeList) -> Result<(SecretString, i64), Failure> {
        let request = TokenRequest {
            grant: Grant::Exchange {
                subject_token: presented.clone(),
                audience: None,
            },
            scope: Some(scopes),
            resources: vec![self.resource.clone()],
        };
        let posted = match self.client.ask(&self.url, &request.form()).await {
            Ok(posted) => posted,
            Err(error) => {
                tracing::warn!(%error, "the issuer cannot be asked for a token for the cloud");
                return Err(Failure::Unavailable);
            }
        };
        match posted.status {
            200 => read(&posted.body, presented).ok_or(Failure::Misconfigured(
                "the issuer's token endpoint answered a token exchange with something else than a Bearer token for the Nextcloud",
            )),
            400..=499 if posted.status != 429 => Err(refusal(error_code(&posted).as_deref())),
            status => {
                tracing::warn!(status, "the issuer gives no token for the cloud now");
                Err(Failure::Unavailable)
            }
        }
    }
}

/// What the issuer refused, told without its words.
fn refusal(code: Option<&str>) -> Failure {
    let what = match code {
        Some("invalid_grant") => return Failure::Refused,
        Some("invalid_client") => {
            "the issuer does not know this server, or its secret: an administrator has to check NEXTCLOUD_OIDC_CLIENT_ID and NEXTCLOUD_OIDC_CLIENT_SECRET"
        }
        Some("unauthorized_client" | "invalid_target") => {
            "the issuer does not let this server exchange tokens for the Nextcloud: an administrator has to allow its client to do that for NEXTCLOUD_RESOURCE_URI"
        }
        Some("invalid_scope") => {
            "the issuer gives this server none of the token's scopes for the Nextcloud: an administrator has to allow them to its client"
        }
        _ => "the issuer refuses to exchange the token for one for the Nextcloud; its log says why",
    };
    tracing::error!("{what}");
    Failure::Misconfigured(what)
}

fn read(body: &[u8], presented: &SecretString) -> Option<(SecretString, i64)> {
    let response: TokenResponse = serde_json::from_slice(body).ok()?;
    let is_access = response
        .issued_token_type
        .as_deref()
        .is_none_or(|kind| kind == ACCESS_TOKEN_TYPE);
    // The client's own token never goes to the cloud, also not when an issuer hands it back.
    let is_own = response.access_token == presented.expose_secret();
    if !is_access || is_own || response.access_token.is_empty() || !response.token_type.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let lifetime_s = response
        .expires_in
        .map_or(UNSAID_S, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    Some((response.access_token.into(), lifetime_s))
}

/// The scopes of apps; the person's own data is not the tools' business.
fn of_apps(scopes: &ScopeList) -> ScopeList {
    let is_of_app = |scope: &&str| scope.parse::<Scope>().is_ok_and(|scope| scope.kind() == ScopeKind::App);
    ScopeList::from_tokens(scopes.iter().filter(is_of_app)).unwrap_or_default()
}
