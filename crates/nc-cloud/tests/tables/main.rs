//! The Tables interface through the wire.

#![cfg(test)]

mod cells;
mod hostile;
mod leaks;
mod rows;
mod shares;
mod views;
mod wire;
