//! Boots the shipped assembly for tests.
//!
//! * [`conformance`]: a backend with everything that the MCP conformance suite asks for.

pub mod conformance;
