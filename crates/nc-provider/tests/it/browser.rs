//! The browser side, asked as a browser asks.

mod agent;
mod flow;

mod authorizing;
mod connected_apps;
mod consenting;
mod pushing;
mod signing_in;
mod signing_out;
