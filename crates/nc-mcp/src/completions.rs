//! Completion of template variables, where it costs one request.

use rmcp::model::{CompleteRequestParams, CompletionInfo, ErrorData, Reference};

use crate::{context::Context, resources, tools};

pub(crate) async fn complete(context: Context, request: CompleteRequestParams) -> Result<CompletionInfo, ErrorData> {
    let Reference::Resource(reference) = &request.r#ref else {
        return Ok(CompletionInfo::default());
    };
    // The note id is the first variable of both families; names of attachments would need a request for each note.
    let is_note = reference.uri == resources::NOTE || reference.uri.starts_with(&format!("{}/", resources::NOTE));
    if !is_note || request.argument.name != "note_id" {
        return Ok(CompletionInfo::default());
    }
    let mut values = match tools::matching_ids(&context, &request.argument.value).await {
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
