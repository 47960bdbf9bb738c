//! What is stored with grants, codes and tokens.

use nc_proto::oauth::{authorize::ClaimsRequest, jose::AccessClaims};
use serde::{Deserialize, Serialize};

/// How and when a user signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When, Unix seconds.
    pub auth_time: i64,
    /// How well.
    pub acr: Option<String>,
    /// By which means (RFC 8176).
    pub amr: Vec<String>,
}

/// A grant: what the user gave, at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantDocument {
    /// Scopes.
    pub scopes: Vec<String>,
    /// Resources; empty means user info only.
    pub resources: Vec<String>,
    /// The sign-in that it came from. `None` for clients that act for themselves.
    pub authentication: Option<Authentication>,
    /// Single claims that were asked for.
    pub claims: Option<ClaimsRequest>,
    /// Thumbprint of the key that its tokens are bound to.
    pub dpop_jkt: Option<String>,
}

/// What a code is bound to, beside its grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeDocument {
    /// The client.
    pub client_id: String,
    /// The redirect URI as the authorization request named it; `None` when it named none.
    pub redirect_uri: Option<String>,
    /// PKCE challenge and its method.
    pub challenge: String,
    /// `S256`, or `plain` where that is switched on.
    pub challenge_method: String,
    /// Goes into the ID token.
    pub nonce: Option<String>,
}

/// What a refresh token is bound to, beside its grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshDocument {
    /// Scopes; fewer than the grant's when they were narrowed.
    pub scopes: Vec<String>,
    /// When the family ends, whatever is used, Unix seconds.
    pub family_ends_at: i64,
}

/// What a stored access token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessDocument {
    /// Its claims.
    pub claims: AccessClaims,
    /// Whether it is bound to a key.
    pub dpop: bool,
}
