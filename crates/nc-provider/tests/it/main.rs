//! The provider through its router.

mod admin;
mod browser;
mod documents;
mod machine;
