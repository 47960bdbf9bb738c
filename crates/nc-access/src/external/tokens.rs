//! Whose token it is. One way for each form of token, and no second one.

use std::sync::Arc;

use async_trait::async_trait;
use nc_auth::{
    UserId,
    fetch::{Fetch, GuardedFetch},
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
    verifier::{AccessTokenVerifier, JwkSource, LegacyTyp},
};
use nc_proto::{
    clock::Clock,
    oauth::{
        allowed_client::AllowedClient,
        bearer::{Scheme, TokenKind},
        error::BearerError,
    },
};
use secrecy::ExposeSecret as _;

use super::{Discovered, OwnClient, StartError, introspection::Introspector};

/// Believes the tokens of one issuer.
pub struct ExternalTokens {
    signed: AccessTokenVerifier,
    opaque: Option<Introspector>,
    /// Prefix of scopes, without its slash.
    prefix: Option<String>,
    /// Whose tokens are taken; empty for every client's.
    allowed: Vec<AllowedClient>,
}

impl ExternalTokens {
    /// Fetches the issuer's keys.
    ///
    /// # Errors
    /// [`StartError::NoKeys`].
    pub async fn keys(issuer: &Discovered, fetch: &GuardedFetch, clock: &Clock) -> Result<Arc<JwkSource>, StartError> {
        let fetch: Arc<dyn Fetch> = Arc::new(fetch.clone());
        let keys = JwkSource::remote(issuer.keys.clone(), fetch, clock.clone());
        if keys.warm().await {
            Ok(Arc::new(keys))
        } else {
            Err(StartError::NoKeys)
        }
    }

    /// Believes tokens signed with `keys`, and others where the issuer tells `client` what they are worth.
    pub fn new(issuer: &Discovered, client: &Arc<OwnClient>, keys: Arc<JwkSource>, clock: &Clock) -> Self {
        let name: Arc<str> = issuer.issuer.as_str().into();
        let opaque = issuer
            .introspection
            .clone()
            .map(|url| Introspector::new(Arc::clone(&name), url, Arc::clone(client), clock.clone()));
        Self {
            signed: AccessTokenVerifier::new(issuer.issuer.as_str(), keys, clock.clone()),
            opaque,
            prefix: None,
            allowed: Vec::new(),
        }
    }

    /// Takes `{prefix}/` off scopes, as identity providers like Cognito write them.
    #[must_use]
    pub fn with_scope_prefix(mut self, prefix: Option<String>) -> Self {
        self.prefix = prefix;
        self
    }

    /// Takes the tokens of these clients only, if there are any.
    #[must_use]
    pub fn for_clients(mut self, allowed: Vec<AllowedClient>) -> Self {
        self.allowed = allowed;
        self
    }

    /// Whether signed tokens of the type `JWT` are taken, for issuers from before RFC 9068.
    #[must_use]
    pub fn with_legacy_typ(mut self, accepted: bool) -> Self {
        let legacy = if accepted {
            LegacyTyp::Accepted
        } else {
            LegacyTyp::Refused
        };
        self.signed = self.signed.with_legacy_typ(legacy);
        self
    }

    async fn verify_signed(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let verified = self.signed.verify(text, &[token.audience]).await?;
        let claims = verified.claims.clone();
        // One that is bound to a key needs a proof, which is not looked at here.
        if claims.cnf.is_some() {
            return Err(BearerError::InvalidToken.into());
        }
        let subject: Arc<str> = claims.sub.into();
        Ok(AuthContext {
            issuer: claims.iss.into(),
            user: UserId::new(Arc::clone(&subject)),
            subject,
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
}

#[async_trait]
impl VerifyToken for ExternalTokens {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        if token.presented.scheme != Scheme::Bearer {
            return Err(BearerError::InvalidToken.into());
        }
        let mut context = match (TokenKind::of(token.presented.token.expose_secret()), &self.opaque) {
            (TokenKind::Jwt, _) => self.verify_signed(token).await?,
            (TokenKind::OpaqueAccess | TokenKind::Other, Some(opaque)) => {
                opaque.verify(&token.presented.token, token.audience).await?
            }
            (TokenKind::OpaqueAccess | TokenKind::Other, None) | (TokenKind::NotForApis, _) => {
                return Err(BearerError::InvalidToken.into());
            }
        };
        let is_allowed = self.allowed.is_empty() || self.allowed.iter().any(|entry| entry.is(&context.client));
        if !is_allowed {
            tracing::warn!(
                client = &*context.client,
                "a good token is refused: ALLOWED_MCP_CLIENTS does not name its client"
            );
            return Err(BearerError::InvalidToken.into());
        }
        if let Some(prefix) = &self.prefix {
            context.scopes = context.scopes.without_prefix(prefix);
        }
        Ok(context)
    }
}
