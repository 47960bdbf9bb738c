//! `stdio`: the same tools over standard input and output.

use nc_mcp_kit::Handler;
use std::sync::Arc;

use nc_proto::clock::Clock;

use super::{OrFail, Setting, Trouble, connect};
use crate::app;

pub(crate) async fn run(setting: Setting) -> Result<(), Trouble> {
    let setting = connect::with_kept_login(setting)?;
    let cloud = connect::nextcloud(&setting.config)?;
    let caller = app::configured_caller(&setting.config)?;
    let handler = Handler::for_one(
        Arc::new(app::assistant(&setting.config, cloud, Clock::system())),
        caller,
    );
    let stop = super::listen::stop_signal().or_fail()?;
    tokio::select! {
        result = nc_mcp_kit::stdio::serve(handler) => result.or_fail()?,
        () = stop.cancelled() => {}
    }
    // A blocked read of standard input would keep the runtime alive.
    std::process::exit(0);
}
