//! The store on SQLite: one connection that writes, several that read.
//!
//! [`SqliteStore`] answers questions with its readers, its units of work answer them inside their transaction; both with the
//! statements in `sql`, one file for each kind of record.

mod batch;
mod connections;
mod error;
mod federation;
mod lookup;
mod readers;
mod row;
mod sql;
mod store;
mod unit;
mod writer;

pub use store::SqliteStore;
