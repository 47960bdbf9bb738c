//! The provider through its router.

mod machine;
