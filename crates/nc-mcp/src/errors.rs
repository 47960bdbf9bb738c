//! Errors of the client as models read them: a stable code and a sentence that says what to do.

use nc_mcp_kit::{Failure, ToolError};

/// Turns an error of the client into a failed tool result.
pub(crate) fn failure(error: &nc_client::Error) -> Failure {
    tracing::debug!(
        error = error as &dyn std::error::Error,
        code = error.code(),
        "cloud call failed"
    );
    ToolError::new(error.code(), error.to_string()).into()
}

/// `?` on client calls inside tools.
pub(crate) trait OrFail<T> {
    fn or_fail(self) -> Result<T, Failure>;
}

impl<T> OrFail<T> for Result<T, nc_client::Error> {
    fn or_fail(self) -> Result<T, Failure> {
        self.map_err(|error| failure(&error))
    }
}
