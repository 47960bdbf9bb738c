//! The Deck interface through the wire.

#![cfg(test)]

mod attachments;
mod boards;
mod cards;
mod comments;
mod hostile;
mod leaks;
mod order;
mod reading;
mod scopes;
mod sharing;
mod wire;
