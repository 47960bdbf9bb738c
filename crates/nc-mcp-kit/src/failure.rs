use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorData, InputRequiredResult};

/// Something that the model can act on: a stable code for machines and a sentence for readers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ToolError {
    /// Stable, such as `not_found`.
    pub code: &'static str,
    /// What happened and what to do next.
    pub message: String,
}

impl ToolError {
    /// An error of kind `code`.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// An argument cannot be used; says which and what is allowed.
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new("invalid_argument", message)
    }
}

/// How a call ends when it does not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The model is told; as text only, because some clients check structured content of errors against the schema.
    Tool(ToolError),
    /// A fault of the protocol.
    Protocol(ErrorData),
    /// The person has to act first; the client asks them and calls again (revision 2026-07-28).
    InputRequired(Box<InputRequiredResult>),
    /// A fault of ours: logged here, hidden from the client.
    Internal(String),
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

impl From<ErrorData> for Failure {
    fn from(error: ErrorData) -> Self {
        Self::Protocol(error)
    }
}

impl Failure {
    /// The stable code, for metrics and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Tool(error) => error.code,
            Self::Protocol(_) => "protocol_error",
            Self::InputRequired(_) => "input_required",
            Self::Internal(_) => "internal_error",
        }
    }

    /// The answer on the wire.
    pub(crate) fn into_response(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Tool(error) => {
                Ok(CallToolResult::error(vec![ContentBlock::text(crate::text::visible(&error.to_string()))]).into())
            }
            Self::Protocol(error) => Err(error),
            Self::InputRequired(result) => Ok((*result).into()),
            Self::Internal(cause) => {
                tracing::error!(%cause, "tool call failed inside");
                Err(ErrorData::internal_error("internal error", None))
            }
        }
    }
}
