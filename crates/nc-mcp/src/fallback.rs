//! The app password that is kept for a caller, in the place of a token that an app's interface does not take.

use std::sync::Arc;

use nc_auth::{Caller, Credential, ScopeSet};
use nc_client::{Client, Fallback, PendingAppPassword};

use crate::Provisioning;

struct OfCaller {
    provisioning: Arc<dyn Provisioning>,
    caller: Caller,
    needed: ScopeSet,
}

impl Fallback for OfCaller {
    fn person(&self) -> &str {
        self.caller.subject.as_str()
    }

    fn app_password(&self) -> PendingAppPassword<'_> {
        self.provisioning.app_password(&self.caller, self.needed)
    }
}

/// Lets what `caller` gave stand in for the caller's token in a call that needs these scopes. Nobody else's ever does.
pub(crate) fn with_kept(
    client: Client,
    caller: &Caller,
    needed: ScopeSet,
    provisioning: Option<&Arc<dyn Provisioning>>,
) -> Client {
    match (&caller.credential, provisioning) {
        (Credential::Bearer(_), Some(provisioning)) => client.with_fallback(Arc::new(OfCaller {
            provisioning: Arc::clone(provisioning),
            caller: caller.clone(),
            needed,
        })),
        _ => client,
    }
}
