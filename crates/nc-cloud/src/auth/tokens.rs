//! Access tokens: whose are believed, and what one is worth in a request.

use std::sync::Arc;

use http::request::Parts;
use nc_auth::{
    Grants,
    token::{AuthContext, TokenUse, VerifyToken},
};
use nc_proto::oauth::{
    bearer::{Presented, TokenKind},
    error::BearerError,
    metadata::WellKnown,
};
use nc_web::ClientAddress;
use secrecy::ExposeSecret;
use url::Url;

use super::{Credential, Refusal, SignedIn, SignedInBy};
use crate::{Cloud, Error, accounts::looks_like_app_password};

/// Whose access tokens the interfaces believe.
#[derive(Clone)]
pub struct TokenIssuers {
    /// Says whose a token is.
    pub verifier: Arc<dyn VerifyToken>,
    /// The issuers, for clients that look for one.
    pub issuers: Vec<String>,
    /// What tokens must be for: the URL of this cloud.
    pub resource: String,
}

/// [`TokenIssuers`] with what follows from them.
pub(crate) struct Trust {
    pub(crate) issuers: TokenIssuers,
    /// Where the resource describes itself (RFC 9728 §3).
    pub(crate) metadata_url: Arc<str>,
    /// The resource as the beginning of each request's URL; no slash at its end.
    base: String,
}

/// A request whose credential was believed.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    pub(crate) signed_in: SignedIn,
    /// What the token says, where it was one.
    pub(crate) token: Option<AuthContext>,
    /// Whether a program put the credential there on purpose, so that no browser can have added it by itself.
    pub(crate) is_explicit: bool,
}

impl Trust {
    pub(crate) fn new(issuers: TokenIssuers) -> Result<Self, Error> {
        let metadata_url = WellKnown::ProtectedResource.url(&issuers.resource);
        let metadata_url = metadata_url.ok_or(Error::Invalid("the resource of tokens must be a URL"))?;
        Ok(Self {
            metadata_url: metadata_url.into(),
            base: issuers.resource.trim_end_matches('/').to_owned(),
            issuers,
        })
    }

    async fn verify(&self, presented: &Presented, request: &Parts) -> Result<AuthContext, Refusal> {
        let refused = |error| Refusal::token(presented.scheme, error);
        let path = request.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = Url::parse(&format!("{}{path}", self.base)).map_err(|_| refused(BearerError::InvalidRequest))?;
        let proofs = request.headers.get_all("dpop").iter().map(|proof| proof.to_str());
        let proofs: Vec<&str> = proofs
            .collect::<Result<_, _>>()
            .map_err(|_| refused(BearerError::InvalidDpopProof))?;
        let asked = TokenUse {
            presented,
            audience: &self.issuers.resource,
            method: request.method.as_str(),
            url: &url,
            proofs: &proofs,
        };
        let verified = self.issuers.verifier.verify(&asked).await;
        verified.map_err(|refusal| Refusal::of_verifier(presented.scheme, refusal))
    }
}

impl Cloud {
    /// Whose credential a request carries. `None`: it carries none. Exactly one way to check it is tried.
    pub(crate) async fn authenticate(
        &self,
        request: &Parts,
        address: Option<ClientAddress>,
    ) -> Result<Option<Authenticated>, Refusal> {
        let authenticated = match Credential::read(&request.headers)? {
            None => return Ok(None),
            Some(Credential::Basic { login, password }) => Authenticated {
                signed_in: self.authenticator().check(&login, &password, address).await?,
                token: None,
                is_explicit: false,
            },
            Some(Credential::Token(presented)) => self.authenticate_token(&presented, request, address).await?,
        };
        Ok(Some(authenticated))
    }

    async fn authenticate_token(
        &self,
        presented: &Presented,
        request: &Parts,
        address: Option<ClientAddress>,
    ) -> Result<Authenticated, Refusal> {
        let invalid = || Refusal::token(presented.scheme, BearerError::InvalidToken);
        let text = presented.token.expose_secret();
        if looks_like_app_password(text) {
            let signed_in = self.authenticator().check_app_password(presented, address).await?;
            return Ok(Authenticated {
                signed_in,
                token: None,
                is_explicit: true,
            });
        }
        let may_be_access_token = TokenKind::of(text) != TokenKind::NotForApis;
        let believed = self.believed().filter(|_| may_be_access_token).ok_or_else(invalid)?;
        let token = believed.verify(presented, request).await?;
        // The token may outlive the account; a disabled one is not found.
        let account = self.find_user(&token.user).await?.ok_or_else(invalid)?;
        let signed_in = SignedIn {
            user: account.user_id(),
            grants: match token.grants() {
                // A token that names no scopes allows nothing.
                Grants::Unrestricted => return Err(invalid()),
                grants @ Grants::Only(_) => grants,
            },
            by: SignedInBy::Token,
        };
        Ok(Authenticated {
            signed_in,
            token: Some(token),
            is_explicit: true,
        })
    }
}
