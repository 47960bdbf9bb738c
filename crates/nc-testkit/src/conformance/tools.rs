use std::{borrow::Cow, sync::Arc};

use nc_auth::ScopeSet;
use nc_mcp_kit::{Hints, ToolSpec, ToolTable};
use serde_json::{Value, json};

use super::schemas;

/// All tools. They only read, so each runs within its request and can talk to the client on that request's stream.
pub(super) fn table() -> ToolTable {
    let none = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let plain = [
        "test_audio_content",
        "test_elicitation_sep1034_defaults",
        "test_elicitation_sep1330_enums",
        "test_embedded_resource",
        "test_error_handling",
        "test_image_content",
        "test_input_required_result_capabilities",
        "test_input_required_result_elicitation",
        "test_input_required_result_list_roots",
        "test_input_required_result_multi_round",
        "test_input_required_result_multiple_inputs",
        "test_input_required_result_request_state",
        "test_input_required_result_sampling",
        "test_input_required_result_tampered_state",
        "test_logging_tool",
        "test_missing_capability",
        "test_multiple_content_types",
        "test_reconnection",
        "test_simple_text",
        "test_streaming_elicitation",
        "test_tool_with_logging",
        "test_tool_with_progress",
        "test_trigger_prompt_change",
        "test_trigger_tool_change",
    ];
    let mut specs: Vec<_> = plain.into_iter().map(|name| spec(name, none())).collect();
    specs.push(spec("test_elicitation", schemas::one_field("message", "string")));
    specs.push(spec("test_sampling", schemas::one_field("prompt", "string")));
    specs.push(spec("json_schema_2020_12_tool", schemas::full_vocabulary()));
    // SEP-2243: the argument travels in a header as well, and both must agree.
    let mirrored = json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        "required": ["region"],
    });
    specs.push(spec("test_custom_header", mirrored));
    ToolTable::new(specs)
}

fn spec(name: &'static str, schema: Value) -> ToolSpec {
    ToolSpec {
        name,
        title: name,
        description: Cow::Borrowed("A fixture of the conformance suite"),
        app: "conformance",
        capability: None,
        scopes: ScopeSet::EMPTY,
        hints: Hints::READ,
        input: match schema {
            Value::Object(object) => Arc::new(object),
            _ => Arc::default(),
        },
        output: None,
    }
}
