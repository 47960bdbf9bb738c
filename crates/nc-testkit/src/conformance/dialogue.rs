//! Tools that talk with the client while they run. Only the session-based revisions have a way back for that.
#![expect(deprecated, reason = "the older revisions still have logging and sampling")]

use std::time::Duration;

use nc_mcp_kit::{Call, Failure, ToolError};
use rmcp::{
    RoleServer,
    model::{
        CallToolResponse, CallToolResult, ContentBlock, CreateMessageRequestParams, ElicitRequestParams, JsonObject,
        LoggingLevel, LoggingMessageNotificationParam,
    },
    service::RequestContext,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::schemas;

const STEP: Duration = Duration::from_millis(50);

pub(super) async fn call(name: &str, call: &Call, arguments: &JsonObject) -> Option<Result<CallToolResponse, Failure>> {
    let context = call.context.as_ref()?;
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
    let outcome = match name {
        "test_tool_with_logging" => Ok(logging(context).await),
        "test_sampling" => sampling(context, text("prompt")).await,
        "test_elicitation" => elicitation(context, text("message"), schemas::user()).await,
        "test_elicitation_sep1034_defaults" => elicitation(context, "Please confirm", schemas::defaults()).await,
        "test_elicitation_sep1330_enums" => elicitation(context, "Please choose", schemas::choices()).await,
        _ => return None,
    };
    Some(outcome.map(|text| CallToolResult::success(vec![ContentBlock::text(text)]).into()))
}

pub(super) async fn log(context: &RequestContext<RoleServer>, message: &str) {
    let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, message.into()).with_logger("conformance");
    // The client may have gone; the tool's own answer will find out.
    let _ = context.peer.notify_logging_message(message).await;
}

async fn logging(context: &RequestContext<RoleServer>) -> String {
    log(context, "Tool execution started").await;
    tokio::time::sleep(STEP).await;
    log(context, "Tool processing data").await;
    tokio::time::sleep(STEP).await;
    log(context, "Tool execution completed").await;
    "Three messages were logged.".to_owned()
}

async fn sampling(context: &RequestContext<RoleServer>, prompt: &str) -> Result<String, Failure> {
    let params: CreateMessageRequestParams = from_json(json!({
        "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
        "maxTokens": 100,
    }))?;
    let answer = context.peer.create_message(params).await.map_err(refused)?;
    let answer = serde_json::to_value(&answer).map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(format!(
        "LLM response: {}",
        answer["content"]["text"].as_str().unwrap_or_default()
    ))
}

async fn elicitation(context: &RequestContext<RoleServer>, message: &str, schema: Value) -> Result<String, Failure> {
    let params: ElicitRequestParams =
        from_json(json!({ "mode": "form", "message": message, "requestedSchema": schema }))?;
    let answer = context.peer.create_elicitation(params).await.map_err(refused)?;
    let answer = serde_json::to_value(&answer).map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(format!(
        "Elicitation completed: action={}, content={}",
        answer["action"], answer["content"]
    ))
}

fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| Failure::Internal(error.to_string()))
}

/// The client cannot be asked, or did not answer.
fn refused(error: impl std::fmt::Display) -> Failure {
    ToolError::new("client_cannot", error.to_string()).into()
}
