//! The store on a running server. `cargo xtask test --only postgres` starts one and names it in the environment; without it there
//! is nothing to test, and that stage counts what these tests leave behind.

mod audit_chain;
mod conformance;
mod particular;
mod server;
