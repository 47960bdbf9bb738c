use std::fmt;

use async_trait::async_trait;
use nc_proto::apps::sharing::SharePermissions;
use secrecy::SecretString;

use crate::UserId;

/// What a credential of another server stands for: one share, and what it allows at this moment.
///
/// Nothing makes a user of it. A handler that takes a user does not take it:
///
/// ```compile_fail
/// fn of_a_user(user: &nc_auth::UserId) {}
/// fn serve(principal: &nc_auth::federation::SharePrincipal) {
///     of_a_user(principal);
/// }
/// ```
///
/// ```compile_fail
/// fn serve(principal: nc_auth::federation::SharePrincipal) -> nc_auth::Caller {
///     principal.into()
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SharePrincipal {
    /// The share's stable public id (`providerId`).
    pub share_id: String,
    /// Who shares: the files are reached as this person reaches them.
    pub owner: UserId,
    /// The number of the shared file or folder.
    pub node: i64,
    /// What the share allows; the owner's own rights limit it further.
    pub permissions: SharePermissions,
    /// The state of the share that the credential was judged by.
    pub generation: i64,
    /// Name of the access token, if it was one.
    pub token: Option<String>,
}

/// Not the person, whose name is nobody's business in a log about shares.
impl fmt::Debug for SharePrincipal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "SharePrincipal({}, generation {})",
            self.share_id, self.generation
        )
    }
}

/// What came in `Authorization`.
#[derive(Debug, Clone, Copy)]
pub enum ShareCredential<'a> {
    /// An access token, or the secret of a share that allows it.
    Bearer(&'a SecretString),
    /// The secret as user name, with an empty password.
    Basic {
        /// The user name.
        user: &'a SecretString,
        /// The password; anything else than an empty one opens nothing.
        password: &'a SecretString,
    },
}

/// A request on the mount of a share.
#[derive(Debug, Clone, Copy)]
pub struct ShareRequest<'a> {
    /// The credential; `None`: without any.
    pub credential: Option<ShareCredential<'a>>,
    /// The id of a share that the path names: the credential must be for this one.
    pub share_id: Option<&'a str>,
    /// Where it comes from, to count failures by.
    pub address: Option<std::net::IpAddr>,
}

/// Why a request on a mount is refused. It says no more than another server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareRefusal {
    /// 401, with these values of `WWW-Authenticate`.
    Unauthorized {
        /// `WWW-Authenticate`, one value a scheme.
        challenges: Vec<String>,
    },
    /// 429: too many attempts.
    TooManyAttempts {
        /// Seconds until the next one may be made.
        retry_after_s: u32,
    },
    /// 503: it cannot be judged now.
    Unavailable,
}

/// Who may use the mounts of shares.
#[async_trait]
pub trait ShareAuth: Send + Sync {
    /// The share that a request is for.
    async fn authenticate(&self, request: &ShareRequest<'_>) -> Result<SharePrincipal, ShareRefusal>;

    /// Whether a credential that was good is still good, and still allows all of `needs`: for transfers that take long. `false`
    /// when it cannot be judged.
    async fn is_still_good(&self, principal: &SharePrincipal, needs: SharePermissions) -> bool;
}
