//! The browser side, asked as a browser asks.

mod agent;
mod flow;

mod authorizing;
mod consenting;
mod signing_in;
