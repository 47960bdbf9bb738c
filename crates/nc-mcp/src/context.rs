use std::sync::Arc;

use nc_client::Client;
use nc_mcp_kit::Call;
use nc_proto::clock::Clock;
use time::format_description::well_known::Rfc3339;

use crate::Options;

/// What a tool works with: the caller's own client and the limits of this server.
pub(crate) struct Context {
    /// Acts as the caller, and as nobody else.
    pub(crate) client: Client,
    /// The call: progress, cancellation.
    pub(crate) call: Call,
    pub(crate) options: Arc<Options>,
    pub(crate) clock: Clock,
}

impl Context {
    /// The time now, as results carry it.
    pub(crate) fn timestamp(&self) -> String {
        self.clock.now().format(&Rfc3339).unwrap_or_default()
    }
}
