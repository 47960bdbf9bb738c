//! With what a request to the files of a share is made, and with what after that was refused.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;
use nc_auth::federation::RemoteError;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    document::{Mode, Way},
    opened::Opened,
    tokens::{self, Need, Token, TokenError},
};
use crate::{Ocm, OcmError, net::Freshness};

/// What goes into `Authorization`.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    Token(Token),
    BearerSecret(SecretString),
    BasicSecret(SecretString),
}

impl Credential {
    pub(super) const fn way(&self) -> Way {
        match self {
            Self::Token(_) => Way::Token,
            Self::BearerSecret(_) => Way::BearerSecret,
            Self::BasicSecret(_) => Way::BasicSecret,
        }
    }

    /// For metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Token(_) => "remote_token",
            Self::BearerSecret(_) => "remote_bearer_secret",
            Self::BasicSecret(_) => "remote_basic_secret",
        }
    }

    pub(super) fn header(&self) -> Result<HeaderValue, RemoteError> {
        let text = match self {
            Self::Token(token) => format!("Bearer {}", token.text.expose_secret()),
            Self::BearerSecret(secret) => format!("Bearer {}", secret.expose_secret()),
            Self::BasicSecret(secret) => {
                let pair = format!("{}:", secret.expose_secret());
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| RemoteError::Failed)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// What a request begins with.
pub(super) async fn first(ocm: &Ocm, share: &Opened, need: Need) -> Result<Credential, RemoteError> {
    match share.document.mode {
        Mode::Strict => tokens::token(ocm, share, need)
            .await
            .map(Credential::Token)
            .map_err(remote),
        Mode::Optional if share.document.is_exchange_refused => by_secret(ocm, share),
        Mode::Optional => token_or_secret(ocm, share, need).await,
        Mode::Legacy => basic(ocm, share),
    }
}

/// What comes after `refused`; `None`: nothing, the sender wants us no more.
pub(super) async fn after(ocm: &Ocm, share: &Opened, refused: &Credential) -> Result<Option<Credential>, RemoteError> {
    match (refused, share.document.mode) {
        (Credential::Token(token), Mode::Strict) => {
            let next = tokens::token(ocm, share, Need::After(token.generation)).await;
            next.map(Credential::Token).map(Some).map_err(remote)
        }
        (Credential::Token(token), _) => token_or_secret(ocm, share, Need::After(token.generation))
            .await
            .map(Some),
        (Credential::BearerSecret(_), _) => basic(ocm, share).map(Some),
        (Credential::BasicSecret(_), Mode::Legacy) => learned_to_exchange(ocm, share).await,
        (Credential::BasicSecret(_), _) => Ok(None),
    }
}

async fn token_or_secret(ocm: &Ocm, share: &Opened, need: Need) -> Result<Credential, RemoteError> {
    match tokens::token(ocm, share, need).await {
        Ok(token) => Ok(Credential::Token(token)),
        Err(TokenError::Unavailable { .. } | TokenError::Refused) => by_secret(ocm, share),
        Err(error) => Err(remote(error)),
    }
}

/// As the secret worked the last time; else as a bearer first.
fn by_secret(ocm: &Ocm, share: &Opened) -> Result<Credential, RemoteError> {
    match share.document.way {
        Some(Way::BasicSecret) => basic(ocm, share),
        _ => secret(ocm, share).map(Credential::BearerSecret),
    }
}

fn basic(ocm: &Ocm, share: &Opened) -> Result<Credential, RemoteError> {
    secret(ocm, share).map(Credential::BasicSecret)
}

fn secret(ocm: &Ocm, share: &Opened) -> Result<SecretString, RemoteError> {
    match share.secret_for_files(ocm) {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(RemoteError::NotFound),
        Err(error) => Err(failed(&error)),
    }
}

/// A server that takes the secret no more may have learned to exchange it since it shared.
async fn learned_to_exchange(ocm: &Ocm, share: &Opened) -> Result<Option<Credential>, RemoteError> {
    let host = share.host().map_err(|error| failed(&error))?;
    let peer = ocm.peer(&host, share.document.plain_http, Freshness::Hour).await;
    if share.document.is_exchange_refused || !peer.is_ok_and(|peer| peer.discovery.can_exchange()) {
        return Ok(None);
    }
    match tokens::token(ocm, share, Need::Now).await {
        Ok(token) => Ok(Some(Credential::Token(token))),
        Err(TokenError::Unavailable { .. } | TokenError::Refused) => Ok(None),
        Err(error) => Err(remote(error)),
    }
}

fn remote(error: TokenError) -> RemoteError {
    match error {
        TokenError::Unavailable { retry_after_s } => RemoteError::Unavailable { retry_after_s },
        TokenError::Refused => RemoteError::Revoked,
        TokenError::Gone => RemoteError::NotFound,
        TokenError::Failed(error) => failed(&error),
    }
}

/// Logged once, here; nobody else learns more than that it failed.
pub(super) fn failed(error: &OcmError) -> RemoteError {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a request to another server's files failed here"
    );
    RemoteError::Failed
}
