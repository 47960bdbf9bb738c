//! The tools, resources and completions of the product, over the typed client.
//!
//! * [`Assistant`]: the backend that the MCP kit serves.
//! * [`Provisioning`]: what happens when the cloud no longer takes a person's credential.
//! * [`Options`]: which tools are offered, and how much one call may carry.
//! * `tools/`: one file an app, each a table of tools with the functions behind them.

mod assistant;
mod completions;
mod context;
mod errors;
mod fallback;
mod instructions;
mod provisioning;
mod reading;
mod resources;
mod row;
mod tools;

pub use assistant::{Assistant, Options};
pub use provisioning::{Given, Provisioning};
pub use tools::{APPS, Family, access_specs};
