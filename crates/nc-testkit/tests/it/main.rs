//! Behaviour of the whole, through the wire, against the assembly that ships.

mod arguments;
mod cancellation;
mod endpoint;
mod files;
mod forged_tokens;
mod hostile;
mod identity;
mod notes;
mod promises;
mod scopes;
mod tokens;
