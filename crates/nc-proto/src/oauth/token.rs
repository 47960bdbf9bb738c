//! Requests to the token endpoint and its answers (RFC 6749 §§4-6, RFC 8693, RFC 8707).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{authorize::is_resource, error::TokenError, form::Form, scope_list::ScopeList};

/// `grant_type` of token exchange.
pub const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Type of an access token (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What is asked for. The client's credential is read apart, by [`super::client_auth`].
#[derive(Debug, Clone)]
pub enum Grant {
    /// Redeem a code.
    Code {
        /// The code.
        code: SecretString,
        /// As in the authorization request. Missing ones are for the server to judge, as `invalid_grant`.
        redirect_uri: Option<String>,
        /// The PKCE verifier; likewise.
        verifier: Option<SecretString>,
    },
    /// Use a refresh token.
    Refresh {
        /// The refresh token.
        refresh_token: SecretString,
    },
    /// Turn a user's token into one for another resource.
    Exchange {
        /// The user's token; always an access token.
        subject_token: SecretString,
        /// The target by name.
        audience: Option<String>,
    },
    /// Act for itself.
    ClientCredentials,
}

/// A request for tokens.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What is asked for.
    pub grant: Grant,
    /// Narrower scopes; none means as granted.
    pub scope: Option<ScopeList>,
    /// For which resource servers.
    pub resources: Vec<String>,
}

impl TokenRequest {
    /// Reads a request.
    pub fn read(form: &Form) -> Result<Self, TokenError> {
        let secret = |name: &str| form.get(name).map(SecretString::from);
        let needed = |name: &str| secret(name).ok_or(TokenError::InvalidRequest);
        let text = |name: &str| form.get(name).map(str::to_owned);
        let grant = match form.get("grant_type").ok_or(TokenError::InvalidRequest)? {
            "authorization_code" => Grant::Code {
                code: needed("code")?,
                redirect_uri: text("redirect_uri"),
                verifier: secret("code_verifier"),
            },
            "refresh_token" => Grant::Refresh {
                refresh_token: needed("refresh_token")?,
            },
            EXCHANGE => {
                let subject_token = needed("subject_token")?;
                let requested = form.get("requested_token_type").unwrap_or(ACCESS_TOKEN_TYPE);
                let typed = form.get("subject_token_type") == Some(ACCESS_TOKEN_TYPE);
                if !typed || requested != ACCESS_TOKEN_TYPE {
                    return Err(TokenError::SubjectTokenType);
                }
                // The caller itself is the actor (RFC 8693 §2.1); another one is not offered.
                if form.get("actor_token").is_some() || form.get("actor_token_type").is_some() {
                    return Err(TokenError::InvalidRequest);
                }
                let audience = text("audience");
                Grant::Exchange {
                    subject_token,
                    audience,
                }
            }
            "client_credentials" => Grant::ClientCredentials,
            _ => return Err(TokenError::UnsupportedGrantType),
        };
        let resources = form
            .resources()
            .map(|uri| {
                is_resource(uri)
                    .then(|| uri.to_owned())
                    .ok_or(TokenError::InvalidTarget)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if matches!(&grant, Grant::Exchange { audience: None, .. }) && resources.is_empty() {
            return Err(TokenError::InvalidTarget);
        }
        let scope = form.get("scope").map(ScopeList::parse).transpose()?;
        Ok(Self {
            grant,
            scope,
            resources,
        })
    }

    /// Writes the request, without the client's credential.
    pub fn form(&self) -> Form {
        let mut form = Form::default();
        match &self.grant {
            Grant::Code {
                code,
                redirect_uri,
                verifier,
            } => {
                form.push("grant_type", "authorization_code");
                form.push("code", code.expose_secret());
                form.push_some("redirect_uri", redirect_uri.as_deref());
                form.push_some("code_verifier", verifier.as_ref().map(ExposeSecret::expose_secret));
            }
            Grant::Refresh { refresh_token } => {
                form.push("grant_type", "refresh_token");
                form.push("refresh_token", refresh_token.expose_secret());
            }
            Grant::Exchange {
                subject_token,
                audience,
            } => {
                form.push("grant_type", EXCHANGE);
                form.push("subject_token", subject_token.expose_secret());
                form.push("subject_token_type", ACCESS_TOKEN_TYPE);
                form.push_some("audience", audience.as_deref());
            }
            Grant::ClientCredentials => form.push("grant_type", "client_credentials"),
        }
        if let Some(scope) = &self.scope {
            form.push("scope", scope.to_string());
        }
        for resource in &self.resources {
            form.push("resource", resource.as_str());
        }
        form
    }
}

/// The answer with tokens (RFC 6749 §5.1). To be sent with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// `Bearer` or `DPoP`; case does not matter.
    pub token_type: String,
    /// Its lifetime, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What it allows. Servers may leave it out when it is what was asked for; ours never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeList>,
    /// Who signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// For the next access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Its lifetime, in seconds, as Nextcloud's `oidc` app tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<u64>,
    /// What an exchange made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<String>,
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenResponse")
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
