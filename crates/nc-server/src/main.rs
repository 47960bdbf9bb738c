//! The binary `nextcloud-mcp`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // A variable that is not text cannot be one of ours.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    nc_server::run(std::env::args_os(), environment.collect()).await.into()
}
