//! Assembles the application from a configuration; gives the binary `nextcloud-mcp`.
//!
//! * [`config`]: settings from file, environment and flags.
//! * [`app`]: the MCP server as one router, over any [`nc_client::Nextcloud`].
//! * [`cli`]: the command line; [`run`] is all that `main` does.

pub mod app;
mod authenticate;
pub mod cli;
mod commands;
pub mod config;
mod health;
mod logging;
mod login_store;
pub mod provider_data;
mod telemetry;

pub use commands::{Outcome, run};
pub use nc_web::serve;
