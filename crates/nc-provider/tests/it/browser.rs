//! The browser side, asked as a browser asks.

mod agent;
mod flow;
pub(crate) mod nextcloud;

mod authorizing;
mod connected_apps;
mod consenting;
mod keeping_app_passwords;
mod legacy_flows;
mod notices;
mod passkeys;
mod pushing;
mod signing_in;
mod signing_in_elsewhere;
mod signing_out;
