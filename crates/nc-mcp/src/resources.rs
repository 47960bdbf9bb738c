//! Resources of the catalogue, one file an app family. Each is reachable by a tool as well, since many clients know
//! tools only.
//!
//! A family's file has `specs`, `read` and `complete`; here they are put together.

mod cloud;
mod cookbook;
mod deck;
mod notes;

use nc_mcp_kit::{Failure, ResourceSpec, ToolError};
use rmcp::model::{CompleteRequestParams, ErrorData, ReadResourceResult, ResourceContents};
use serde::Serialize;

use crate::{
    context::Context,
    tools::{COOKBOOK, DECK, NOTES, SERVER},
};

pub(crate) fn specs() -> Vec<ResourceSpec> {
    [cloud::specs(), cookbook::specs(), deck::specs(), notes::specs()].concat()
}

pub(crate) async fn read(context: Context, spec: &ResourceSpec, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let values = spec.matches(uri).unwrap_or_default();
    let asked = Asked {
        context: &context,
        template: spec.uri,
        values: &values,
        uri,
    };
    let contents = match spec.app {
        name if name == SERVER.name => cloud::read(asked).await?,
        name if name == COOKBOOK.name => cookbook::read(asked).await?,
        name if name == DECK.name => deck::read(asked).await?,
        name if name == NOTES.name => notes::read(asked).await?,
        _ => return Err(no_such(uri)),
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Values for a variable of a template, best first; none where nothing is known.
pub(crate) async fn complete(
    context: &Context,
    spec: &ResourceSpec,
    request: &CompleteRequestParams,
) -> Result<Vec<String>, Failure> {
    match spec.app {
        name if name == COOKBOOK.name => {
            cookbook::complete(context, &request.argument.name, &request.argument.value).await
        }
        name if name == DECK.name => deck::complete(context, request).await,
        name if name == NOTES.name => notes::complete(context, &request.argument.name, &request.argument.value).await,
        _ => Ok(Vec::new()),
    }
}

/// What is to be read.
struct Asked<'a> {
    context: &'a Context,
    /// The template that matched, or the URI of a single resource.
    template: &'a str,
    /// Values of its variables, still percent-encoded.
    values: &'a [&'a str],
    uri: &'a str,
}

impl Asked<'_> {
    /// The answer to a read, as JSON.
    fn json<T: Serialize>(&self, read: Result<T, Failure>) -> Result<ResourceContents, ErrorData> {
        let value = read.map_err(|failure| refused(self.uri, failure))?;
        let text = serde_json::to_string(&value).map_err(|error| {
            tracing::error!(%error, "resource cannot be written as JSON");
            ErrorData::internal_error("internal error", None)
        })?;
        Ok(ResourceContents::text(text, self.uri).with_mime_type("application/json"))
    }

    /// A variable that is a number.
    fn number(&self, text: &str) -> Result<i64, ErrorData> {
        text.parse().map_err(|_| no_such(self.uri))
    }
}

fn no_such(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("no resource {uri}"), None)
}

/// The caller has no access to the cloud.
pub(crate) fn not_provisioned(error: &ToolError) -> ErrorData {
    ErrorData::invalid_request(error.to_string(), None)
}

fn refused(uri: &str, failure: Failure) -> ErrorData {
    match failure {
        Failure::Tool(error) if error.code == "not_found" => ErrorData::resource_not_found(error.message, None),
        Failure::Tool(error) if error.code == "bearer_refused" => {
            not_provisioned(&ToolError::new("provisioning_required", error.message))
        }
        // Own codes lie outside of JSON-RPC's reserved range, so the kind is told in the text.
        Failure::Tool(error) => ErrorData::internal_error(format!("{uri}: {error}"), None),
        Failure::Protocol(error) => error,
        Failure::InputRequired(_) => ErrorData::invalid_request(format!("{uri}: the person has to act first"), None),
        Failure::Internal(cause) => {
            tracing::error!(%cause, "resource read failed inside");
            ErrorData::internal_error("internal error", None)
        }
    }
}
