//! The binary `nextcloud-mcp`.

use std::process::ExitCode;

/// Answers are many small pieces of memory made on one thread and freed on another, which this allocator is quick with:
/// `cargo xtask bench` shows about twice the throughput at 16 connections.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    // Before anything else: that process must not have what a server has.
    if arguments.next().is_some_and(|name| name == nc_server::EXTRACT_DOCUMENT) {
        return nc_server::extract_document(arguments);
    }
    serve()
}

#[tokio::main]
async fn serve() -> ExitCode {
    // A variable that is not text cannot be one of ours.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    nc_server::run(std::env::args_os(), environment.collect()).await.into()
}
