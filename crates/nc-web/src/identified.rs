use std::sync::Arc;

use nc_auth::UserId;

/// Who a request turned out to be. Put into the *response's* extensions by whoever checked the credential; the request
/// log reads it there.
#[derive(Debug, Clone)]
pub struct Identified {
    /// The user.
    pub user: UserId,
    /// The OAuth client, where there is one.
    pub client: Option<Arc<str>>,
}
