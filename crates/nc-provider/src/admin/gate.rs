use async_trait::async_trait;
use axum::response::Response;
use http::request::Parts;
use nc_auth::UserId;

/// What a request of an administrator is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAccess {
    /// Look: `admin:read`.
    Read,
    /// Change: `admin:write`.
    Write,
}

/// Decides who administers; the accounts and passwords are not here.
#[async_trait]
pub trait AdminGate: Send + Sync {
    /// The administrator who sent a request: by the password of a member of the group `admin`, or by a token of one that
    /// has the scope. Everybody else gets the answer that is returned.
    async fn admit(&self, request: &Parts, access: AdminAccess) -> Result<UserId, Response>;
}
