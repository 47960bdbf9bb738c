//! MCP without Nextcloud: what any server of ours needs to speak the protocol.
//!
//! * [`ToolSpec`], [`ToolTable`]: the single source for lists, scopes, schemas, docs and the command line.
//! * [`Backend`]: what a server answers with; [`Call`] is what a tool is given.
//! * [`Handler`]: the protocol, over any backend, in every revision that the SDK speaks.
//! * [`Observer`]: is told who called which tool, and how it ended.
//! * [`Limit`]: how many calls there may be.
//! * [`Visit`]: what came of asking the person to open a page.
//! * [`http`]: streamable HTTP with credentials, scope gate, host and origin checks.
//! * [`stdio`]: one JSON message a line, for one user.

mod arguments;
mod backend;
mod call;
mod failure;
mod handler;
pub mod http;
mod limit;
mod observe;
mod paging;
mod resource;
mod schema;
pub mod stdio;
mod text;
mod tool;
mod version;
mod visit;

pub use arguments::check as check_arguments;
pub use backend::{Backend, BoxFuture, Features};
pub use call::{Call, Progress};
pub use failure::{Failure, ToolError};
pub use handler::Handler;
pub use limit::Limit;
pub use observe::{Observer, ResourceRead, ToolCall};
pub use resource::ResourceSpec;
pub use schema::{Direction, schema_of};
pub use text::structured;
pub use tool::{Hints, ToolSpec, ToolTable};
pub use version::PROTOCOL_VERSIONS;
pub use visit::Visit;
