use std::fmt;

use nc_auth::Caller;

/// How many calls of tools there may be. Asked before each one, when the caller is known and may call the tool.
pub trait Limit: Send + Sync + fmt::Debug {
    /// Counts one call.
    ///
    /// # Errors
    /// The seconds to wait, when there were too many.
    fn count(&self, caller: &Caller) -> Result<(), u64>;
}
