//! Access tokens of other issuers, with the settings of Nextcloud's `user_oidc` app.
//!
//! The provider is chosen by the token's `iss`, and exactly one verifier is tried. Whose account it is, and whether one is made,
//! is for the [`Accounts`] to say.

use std::sync::Arc;

use async_trait::async_trait;
use nc_proto::{
    clock::Clock,
    oauth::{
        bearer::{Scheme, TokenKind},
        dpop::ProvenRequest,
        error::BearerError,
        jose::{AccessClaims, Compact},
        scope_list::ScopeList,
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use crate::{
    SeenBefore, UserId,
    dpop::verify_proof,
    fetch::Fetch,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
    verifier::{AccessTokenVerifier, Discovery, JwkSource, LegacyTyp, Verified},
};

mod accounts;
mod settings;
mod user_info;

pub use accounts::{Accounts, AccountsFailed, NewAccount, Standing};
pub use settings::{BadPattern, ExternalProvider, ExternalSettings, GroupPattern};

use user_info::UserInfo;

/// Believes the tokens of every configured provider.
pub struct ExternalIssuers {
    settings: ExternalSettings,
    issuers: Vec<Issuer>,
    accounts: Arc<dyn Accounts>,
    seen: Arc<dyn SeenBefore>,
    clock: Clock,
}

struct Issuer {
    provider: ExternalProvider,
    verifier: AccessTokenVerifier,
    user_info: UserInfo,
}

impl ExternalIssuers {
    /// Over these providers; those whose `check_bearer` is off are left out.
    pub fn new(
        settings: ExternalSettings,
        providers: Vec<ExternalProvider>,
        accounts: Arc<dyn Accounts>,
        seen: Arc<dyn SeenBefore>,
        fetch: &Arc<dyn Fetch>,
        clock: Clock,
    ) -> Self {
        let issuers = providers.into_iter().filter(|provider| provider.check_bearer);
        let issuers = issuers.map(|provider| {
            let discovery = Arc::new(Discovery::new(&provider.issuer, Arc::clone(fetch), clock.clone()));
            let keys = match &provider.jwks_uri {
                Some(url) => JwkSource::remote(url.clone(), Arc::clone(fetch), clock.clone()),
                None => JwkSource::discovered(&discovery),
            };
            let legacy = if provider.accept_typ_jwt {
                LegacyTyp::Accepted
            } else {
                LegacyTyp::Refused
            };
            Issuer {
                verifier: AccessTokenVerifier::new(&provider.issuer, keys, clock.clone()).with_legacy_typ(legacy),
                user_info: UserInfo::new(discovery),
                provider,
            }
        });
        Self {
            settings,
            issuers: issuers.collect(),
            accounts,
            seen,
            clock,
        }
    }

    /// Whether a token is of one of these issuers, by what it says itself.
    pub fn knows(&self, token: &str) -> bool {
        self.issuer_of(token).is_some()
    }

    fn issuer_of(&self, token: &str) -> Option<&Issuer> {
        let read = Compact::read(token).ok()?;
        let claims = AccessClaims::read(&read.payload).ok()?;
        self.issuers.iter().find(|issuer| issuer.provider.issuer == claims.iss)
    }

    async fn verify_signed(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let issuer = self.issuer_of(text).ok_or(BearerError::InvalidToken)?;
        if !self.settings.selfencoded_bearer_validation {
            return Err(BearerError::InvalidToken.into());
        }
        let own = issuer.provider.audiences.iter().map(String::as_str);
        let audiences: Vec<&str> = std::iter::once(token.audience).chain(own).collect();
        let verified = issuer.verifier.verify(text, &audiences).await?;
        self.check_possession(token, &verified).await?;
        let user = self.account(&issuer.provider, &verified.all).await?;
        let claims = verified.claims.clone();
        Ok(AuthContext {
            issuer: claims.iss.into(),
            subject: claims.sub.into(),
            user,
            client: claims.client_id.into(),
            resources: claims.aud.iter().map(str::to_owned).collect(),
            scopes: claims.scope,
            sid: claims.sid.map(Into::into),
            jti: Some(claims.jti.into()),
            acr: claims.acr,
            amr: claims.amr,
            auth_time: claims.auth_time,
            issued_at: Some(claims.iat),
            expires_at: claims.exp,
        })
    }

    /// A token that is bound to a key is good with a proof only, and one that is not is no `DPoP` token.
    async fn check_possession(&self, token: &TokenUse<'_>, verified: &Verified) -> Result<(), TokenRefusal> {
        match (token.presented.scheme, &verified.claims.cnf) {
            (Scheme::Bearer, None) => Ok(()),
            (Scheme::Dpop, Some(bound)) => {
                let request = ProvenRequest {
                    method: token.method,
                    url: token.url,
                    now: self.clock.now().unix_timestamp(),
                    access_token: Some(token.presented.token.expose_secret()),
                    nonces: &[],
                    bound_to: Some(&bound.jkt),
                };
                let proven = verify_proof(token.proofs, &request, &*self.seen).await;
                proven
                    .map(|_| ())
                    .map_err(|refusal| TokenRefusal::Refused(refusal.into()))
            }
            _ => Err(BearerError::InvalidToken.into()),
        }
    }

    /// An opaque token names no issuer, and sending it to several would give it away: it is believed only where one provider
    /// is left that could be asked.
    async fn verify_opaque(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let [issuer] = self.issuers.as_slice() else {
            return Err(BearerError::InvalidToken.into());
        };
        if !self.settings.userinfo_bearer_validation || token.presented.scheme != Scheme::Bearer {
            return Err(BearerError::InvalidToken.into());
        }
        let (claims, expires_at) = issuer.user_info.ask(token.presented.token.expose_secret()).await?;
        let user = self.account(&issuer.provider, &claims).await?;
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        Ok(AuthContext {
            issuer: issuer.provider.issuer.as_str().into(),
            subject: subject.into(),
            user,
            client: "".into(),
            // It proves that somebody is signed in, not what for: no scope, no resource.
            resources: Vec::new(),
            scopes: ScopeList::default(),
            sid: None,
            jti: None,
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            issued_at: None,
            expires_at,
        })
    }

    /// The account, which is made where that is allowed.
    async fn account(&self, provider: &ExternalProvider, claims: &Map<String, Value>) -> Result<UserId, TokenRefusal> {
        let user = provider.user_id(claims).ok_or(BearerError::InvalidToken)?;
        let groups = provider.groups(claims).ok_or(BearerError::InvalidToken)?;
        let unavailable = |AccountsFailed| TokenRefusal::Unavailable { retry_after_s: 1 };
        let standing = self.accounts.find(&user, provider).await.map_err(unavailable)?;
        let allowed = match standing {
            Standing::OfProvider => true,
            Standing::Elsewhere => !self.settings.auto_provision || self.settings.soft_auto_provision,
            Standing::Absent if self.settings.auto_provision && provider.bearer_provisioning => {
                let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
                let account = NewAccount {
                    user: user.clone(),
                    display_name: text("name"),
                    email: text("email"),
                    groups: if provider.group_provisioning {
                        groups
                    } else {
                        Vec::new()
                    },
                };
                self.accounts.provision(&account, provider).await.map_err(unavailable)?
            }
            Standing::Refused | Standing::Absent => false,
        };
        if allowed {
            Ok(user)
        } else {
            Err(BearerError::InvalidToken.into())
        }
    }
}

#[async_trait]
impl VerifyToken for ExternalIssuers {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        match TokenKind::of(token.presented.token.expose_secret()) {
            TokenKind::Jwt => self.verify_signed(token).await,
            TokenKind::Other => self.verify_opaque(token).await,
            TokenKind::OpaqueAccess | TokenKind::NotForApis => Err(BearerError::InvalidToken.into()),
        }
    }
}

impl std::fmt::Debug for ExternalIssuers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.issuers.iter().map(|issuer| &issuer.provider.identifier);
        formatter.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests;
