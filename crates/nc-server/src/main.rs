//! The binary `nextcloud-mcp`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    nc_server::run(std::env::args_os(), std::env::vars().collect())
        .await
        .into()
}
