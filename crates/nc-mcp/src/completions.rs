//! Completion of template variables, where it costs one request.

use nc_mcp_kit::ResourceSpec;
use rmcp::model::{CompleteRequestParams, CompletionInfo, ErrorData};

use crate::{context::Context, resources};

pub(crate) async fn complete(
    context: Context,
    spec: &ResourceSpec,
    request: CompleteRequestParams,
) -> Result<CompletionInfo, ErrorData> {
    let mut values = match resources::complete(&context, spec, &request).await {
        Ok(values) => values,
        // Completion is a comfort: without it people type.
        Err(error) => {
            tracing::debug!(code = error.code(), "no completion");
            return Ok(CompletionInfo::default());
        }
    };
    let total = u32::try_from(values.len()).ok();
    let has_more = values.len() > CompletionInfo::MAX_VALUES;
    values.truncate(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(values, total, has_more).map_err(|error| ErrorData::internal_error(error, None))
}
