//! Shares with people on other servers, on the wire. Whoever speaks with other servers is a list of made-up shares here: what
//! a real one judges and sends is tried where it is written.

#![cfg(test)]

mod credentials;
mod elsewhere;
mod gone;
mod jail;
mod long;
mod mounts;
mod remote_shares;
mod sharees;
mod shares;
#[expect(dead_code, reason = "the other binary that has this module needs more of it")]
#[path = "../sharing/wire.rs"]
mod wire;
