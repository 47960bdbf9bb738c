//! Tools that answer with content of every kind.

use std::time::Duration;

use nc_mcp_kit::{Call, Failure, ToolError};
use rmcp::model::{CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, ErrorData, ResourceContents};

use super::dialogue;

/// One red pixel.
pub(super) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
/// A header and no samples.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
/// Between two notifications, so that they travel apart.
const STEP: Duration = Duration::from_millis(50);

pub(super) async fn call(name: &str, call: &Call) -> Result<CallToolResponse, Failure> {
    let blocks = match name {
        "test_simple_text" => vec![ContentBlock::text("This is a simple text response for testing.")],
        "test_image_content" => vec![ContentBlock::image(PNG, "image/png")],
        "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
        "test_embedded_resource" => vec![ContentBlock::resource(
            ResourceContents::text("This is an embedded resource content.", "test://embedded-resource")
                .with_mime_type("text/plain"),
        )],
        "test_multiple_content_types" => vec![
            ContentBlock::text("Multiple content types test:"),
            ContentBlock::image(PNG, "image/png"),
            ContentBlock::resource(
                ResourceContents::text(r#"{"test":"data","value":123}"#, "test://mixed-content-resource")
                    .with_mime_type("application/json"),
            ),
        ],
        "test_error_handling" => {
            return Err(ToolError::new("test_error", "This tool intentionally returns an error for testing").into());
        }
        "test_tool_with_progress" => progress(call).await,
        "test_logging_tool" => logs_when_asked(call).await,
        "test_missing_capability" => needs_sampling(call)?,
        _ => vec![ContentBlock::text(format!("{name} was called."))],
    };
    Ok(CallToolResult::success(blocks).into())
}

async fn progress(call: &Call) -> Vec<ContentBlock> {
    for done in [0, 50, 100] {
        call.progress.report(done, Some(100), "working").await;
        if done < 100 {
            tokio::time::sleep(STEP).await;
        }
    }
    vec![ContentBlock::text("Tool execution finished.")]
}

/// The stateless revision sends log messages only to requests that name a level.
async fn logs_when_asked(call: &Call) -> Vec<ContentBlock> {
    if let Some(context) = &call.context
        && context.meta.log_level().is_some()
    {
        dialogue::log(context, "test_logging_tool was called").await;
    }
    vec![ContentBlock::text("Logged, if you asked for it.")]
}

fn needs_sampling(call: &Call) -> Result<Vec<ContentBlock>, Failure> {
    let declared = call
        .context
        .as_ref()
        .and_then(rmcp::service::RequestContext::client_capabilities)
        .is_some_and(|capabilities| capabilities.sampling.is_some());
    if declared {
        return Ok(vec![ContentBlock::text("The client can sample.")]);
    }
    let mut required = ClientCapabilities::default();
    required.sampling = Some(rmcp::model::SamplingCapability::default());
    Err(ErrorData::missing_required_client_capability(required).into())
}
