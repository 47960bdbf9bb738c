//! The store on PostgreSQL, for several servers at once.
//!
//! [`PostgresStore`] answers questions from a pool of connections; its units of work are serialised by a lock in the database,
//! so that one server's unit waits for another's. The statements are in `sql`, one file for each kind of record, as they are
//! in `nc-store-sqlite`.

mod backup;
mod connections;
mod error;
mod federation;
mod lookup;
mod row;
mod sql;
mod store;
mod unit;

pub use store::PostgresStore;
