//! The embedded cloud: a small server that speaks the Nextcloud interfaces.
//!
//! * [`Cloud`]: opened once, cloned cheaply; gives the router and the administrator's functions.
//! * [`auth`]: one credential per request becomes a [`SignedIn`] in the request's extensions.
//! * [`routes`]: no route without a declared [`routes::Access`].
//! * [`accounts`]: who may sign in, their groups and app passwords.
//! * [`content`]: everybody's files.
//! * `sharing`: who may use whose files.
//! * `collections`: everybody's calendars and address books.
//! * [`db`]: SQLite, one writer, many readers.

pub mod accounts;
mod address;
pub mod auth;
mod avatars;
mod base_url;
mod cloud;
mod collections;
mod config;
pub mod content;
mod cookbook;
mod dav;
pub mod db;
mod deck;
mod error;
mod fields;
mod form;
mod json;
mod known;
mod login_flow;
mod notes;
mod ocs;
mod protected_resource;
mod random;
mod residents;
pub mod routes;
mod sealing_key;
mod sharing;
mod status;
mod tables;
mod upkeep;
mod version;

pub use auth::SignedIn;
pub use avatars::picture_path;
pub use base_url::BaseUrl;
pub use cloud::{ADMINISTRATORS, Cloud, Federated};
pub use config::CloudConfig;
pub use error::Error;
pub use random::random_password;
pub use residents::CloudResidents;
pub use routes::StockCors;
pub use sealing_key::{SealingKey, open_sealer, parse_sealing_key};
