//! Boots the shipped assembly for tests.
//!
//! * [`conformance`]: a backend with everything that the MCP conformance suite asks for.
//! * [`load`] and [`bench`]: what `cargo xtask bench` measures with.

pub mod bench;
pub mod conformance;
pub mod load;
