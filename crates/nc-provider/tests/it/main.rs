//! The provider through its router.

mod admin;
mod documents;
mod machine;
