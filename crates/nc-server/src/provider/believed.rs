use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use nc_auth::{
    external::ExternalIssuers,
    fetch::{Fetch, GuardedFetch, Reach},
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_cloud::{Cloud, auth::TokenIssuers};
use nc_proto::oauth::{bearer::TokenKind, error::BearerError};
use nc_provider::Provider;
use secrecy::ExposeSecret as _;

use super::{OidcOptions, external_accounts::ExternalAccounts};

/// The issuers whose tokens the cloud's interfaces believe. Exactly one of them is asked about a token.
struct Believed {
    own: Option<Provider>,
    external: Option<ExternalIssuers>,
}

/// Makes the cloud believe its own provider, unless that is switched off, and the external issuers that are configured.
pub(super) fn believe(cloud: &Cloud, provider: &Provider, options: &OidcOptions) -> anyhow::Result<()> {
    let mut issuers = Vec::new();
    if options.believed {
        issuers.push(options.issuer.clone());
    }
    let trusted = options.external.providers.iter().filter(|issuer| issuer.check_bearer);
    for issuer in trusted {
        anyhow::ensure!(
            issuer.issuer != options.issuer,
            "the external issuer `{}` is this cloud itself; take it out of the file of external issuers",
            issuer.identifier
        );
        issuers.push(issuer.issuer.clone());
    }
    if issuers.is_empty() {
        return Ok(());
    }
    let verifier = Believed {
        own: options.believed.then(|| provider.clone()),
        external: external(cloud, provider, options)?,
    };
    cloud.believe(TokenIssuers {
        verifier: Arc::new(verifier),
        issuers,
        resource: options.issuer.clone(),
    })?;
    Ok(())
}

fn external(cloud: &Cloud, provider: &Provider, options: &OidcOptions) -> anyhow::Result<Option<ExternalIssuers>> {
    let configured = &options.external;
    if !configured.providers.iter().any(|issuer| issuer.check_bearer) {
        return Ok(None);
    }
    // The operator named them, so they may stand in a private network.
    let fetch = GuardedFetch::new(Reach::Anywhere, Vec::new()).context("TLS cannot be set up")?;
    let fetch: Arc<dyn Fetch> = Arc::new(fetch);
    Ok(Some(ExternalIssuers::new(
        configured.settings,
        configured.providers.clone(),
        Arc::new(ExternalAccounts(cloud.clone())),
        Arc::new(provider.clone()),
        &fetch,
        cloud.config().clock.clone(),
    )))
}

impl Believed {
    /// By what the token says itself. Nothing of ours is ever shown to another issuer.
    fn verifier_of(&self, token: &str) -> Option<&dyn VerifyToken> {
        let external = self.external.as_ref().filter(|external| match TokenKind::of(token) {
            TokenKind::Jwt => external.knows(token),
            TokenKind::Other => true,
            TokenKind::OpaqueAccess | TokenKind::NotForApis => false,
        });
        match (external, &self.own) {
            (Some(external), _) => Some(external),
            (None, Some(own)) => Some(own),
            (None, None) => None,
        }
    }
}

#[async_trait]
impl VerifyToken for Believed {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        match self.verifier_of(token.presented.token.expose_secret()) {
            Some(verifier) => verifier.verify(token).await,
            None => Err(BearerError::InvalidToken.into()),
        }
    }
}
