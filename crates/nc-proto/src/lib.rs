//! Wire formats of Nextcloud, spoken from both sides, without I/O.
//!
//! * [`clock`]: the time as an argument.

pub mod clock;
