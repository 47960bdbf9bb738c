//! Opaque tokens: the issuer is asked what they are worth (RFC 7662).

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use nc_auth::{
    fetch::FetchError,
    token::{AuthContext, TokenRefusal},
};
use nc_proto::{
    clock::Clock,
    oauth::{
        error::BearerError,
        introspection::{ActiveToken, Introspection, TokenHint, TokenQuery},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::OwnClient;

/// How long an answer is believed: a token that is revoked is good for so long.
const GOOD_S: i64 = 60;
/// How long a refusal is.
const BAD_S: i64 = 10;
const ENTRIES: u64 = 10_000;
const RETRY_S: u32 = 10;

type Answer = Option<Arc<ActiveToken>>;

pub(super) struct Introspector {
    issuer: Arc<str>,
    url: Url,
    client: Arc<OwnClient>,
    clock: Clock,
    /// By the hash of the token; tokens are never kept.
    known: Cache<[u8; 32], (i64, Answer)>,
}

impl Introspector {
    pub(super) fn new(issuer: Arc<str>, url: Url, client: Arc<OwnClient>, clock: Clock) -> Self {
        let lifetime = Duration::from_secs(GOOD_S.unsigned_abs());
        Self {
            issuer,
            url,
            client,
            clock,
            known: Cache::builder().max_capacity(ENTRIES).time_to_live(lifetime).build(),
        }
    }

    /// Whose token it is, if it is good now for this audience.
    pub(super) async fn verify(&self, token: &SecretString, audience: &str) -> Result<AuthContext, TokenRefusal> {
        let now = self.clock.now().unix_timestamp();
        let key: [u8; 32] = Sha256::digest(token.expose_secret()).into();
        let known = self.known.get(&key).filter(|(until, _)| now < *until);
        let answer = if let Some((_, answer)) = known {
            answer
        } else {
            let answer = self.ask(token).await?;
            let until = match &answer {
                Some(active) => active.exp.unwrap_or_default().min(now.saturating_add(GOOD_S)),
                None => now.saturating_add(BAD_S),
            };
            self.known.insert(key, (until, answer.clone()));
            answer
        };
        let active = answer.filter(|active| active.is_for(audience, now));
        let active = active.ok_or(BearerError::InvalidToken)?;
        self.context(&active).ok_or_else(|| BearerError::InvalidToken.into())
    }

    async fn ask(&self, token: &SecretString) -> Result<Answer, TokenRefusal> {
        let query = TokenQuery {
            token: token.clone(),
            hint: Some(TokenHint::Access),
        };
        let unavailable = TokenRefusal::Unavailable { retry_after_s: RETRY_S };
        let posted = match self.client.ask(&self.url, &query.form()).await {
            Ok(posted) => posted,
            Err(FetchError::TooLarge) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the issuer cannot be asked about a token");
                return Err(unavailable);
            }
        };
        let answer = match posted.status {
            200 => serde_json::from_slice(&posted.body).ok(),
            status => {
                tracing::error!(
                    status,
                    "the issuer does not tell what tokens are worth; is this server's client good there, and allowed to introspect?"
                );
                None
            }
        };
        match answer {
            Some(Introspection::Active(active)) => Ok(Some(active.into())),
            Some(Introspection::Inactive) => Ok(None),
            None => Err(unavailable),
        }
    }

    /// A token that is bound to a key needs a proof, which is not looked at here, so it is not taken.
    fn context(&self, active: &ActiveToken) -> Option<AuthContext> {
        let of_issuer = active.iss.as_deref().is_none_or(|issuer| issuer == &*self.issuer);
        let bearer = active.token_type.as_deref().unwrap_or("Bearer");
        if !of_issuer || active.cnf.is_some() || !bearer.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let subject: Arc<str> = active.sub.as_deref()?.into();
        let audience = active.aud.as_ref()?;
        Some(AuthContext {
            issuer: Arc::clone(&self.issuer),
            user: nc_auth::UserId::new(Arc::clone(&subject)),
            subject,
            client: active.client_id.clone().unwrap_or_default().into(),
            scopes: active.scope.clone().unwrap_or_default(),
            resources: audience.iter().map(str::to_owned).collect(),
            sid: active.sid.clone().map(Into::into),
            jti: active.jti.clone().map(Into::into),
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            issued_at: active.iat,
            expires_at: active.exp?,
        })
    }
}
