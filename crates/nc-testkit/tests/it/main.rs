//! Behaviour of the whole, through the wire, against the assembly that ships.

mod administrators;
mod arguments;
mod audited_calls;
mod call_limits;
mod cancellation;
mod clients_lives;
mod credentials;
mod endpoint;
mod every_tool;
mod external_issuers;
mod external_mode;
mod external_start;
mod files;
mod foreign_issuer;
mod forged_tokens;
mod hostile;
mod identity;
mod notes;
mod own_issuer;
mod promises;
mod refused_tokens;
mod scopes;
mod signed_tokens;
mod stock_cors;
mod tokens;
