//! Assembles the application from a configuration; gives the binary `nextcloud-mcp`.
//!
//! * [`config`]: settings from file, environment and flags.
//! * [`app`]: the MCP server as one router, over any [`nc_client::Nextcloud`].
//! * [`embedded`] and [`provider`]: the embedded cloud with its `OpenID` provider, as one router.
//! * [`credentials`]: what people gave for the Nextcloud, for administrators.
//! * [`takeover`]: what people gave to nextcloud-mcp-server.
//! * [`tool_audit`]: calls of tools in the audit log.
//! * [`cli`]: the command line; [`run`] is all that `main` does.

pub mod app;
mod authenticate;
pub mod authorization_server;
mod call_limits;
pub mod cli;
mod commands;
pub mod config;
pub mod credentials;
pub mod embedded;
pub mod entrance;
pub mod external_issuer;
mod health;
mod logging;
mod login_store;
mod nextcloud_accounts;
mod own_form;
pub mod own_issuer;
pub mod provider;
pub mod provider_data;
pub mod takeover;
mod telemetry;
pub mod tool_audit;
mod user_page;

pub use commands::{Outcome, extract_document, run};
pub use logging::filter as log_filter;
pub use nc_documents::child::COMMAND as EXTRACT_DOCUMENT;
pub use nc_web::serve;
