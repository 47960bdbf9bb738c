//! The provider through its router.

mod admin;
mod machine;
