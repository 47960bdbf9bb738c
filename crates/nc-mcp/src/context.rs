use std::sync::Arc;

use nc_auth::Caller;
use nc_client::Client;
use nc_mcp_kit::Call;
use nc_proto::clock::Clock;
use time::format_description::well_known::Rfc3339;

use crate::{Options, Provisioning};

/// What a tool works with: the caller's own client and the limits of this server.
pub(crate) struct Context {
    /// Acts as the caller, and as nobody else.
    pub(crate) client: Client,
    /// The call: progress, cancellation.
    pub(crate) call: Call,
    pub(crate) options: Arc<Options>,
    pub(crate) clock: Clock,
}

/// What a tool works with that is about the access to the cloud, and so works without it.
pub(crate) struct AccessContext {
    /// Whose access it is.
    pub(crate) caller: Caller,
    /// The call.
    pub(crate) call: Call,
    pub(crate) provisioning: Arc<dyn Provisioning>,
    pub(crate) clock: Clock,
}

impl Context {
    /// The time now, as results carry it.
    pub(crate) fn timestamp(&self) -> String {
        timestamp(&self.clock)
    }
}

impl AccessContext {
    /// The time now, as results carry it.
    pub(crate) fn timestamp(&self) -> String {
        timestamp(&self.clock)
    }
}

fn timestamp(clock: &Clock) -> String {
    clock.now().format(&Rfc3339).unwrap_or_default()
}
