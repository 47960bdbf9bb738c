//! Tools and a prompt that need answers from the user first (SEP-2322): the stateless way to ask.

use std::collections::BTreeMap;

use nc_mcp_kit::Call;
use rmcp::{
    model::{
        CallToolResponse, CallToolResult, ContentBlock, ErrorData, GetPromptResponse, GetPromptResult, InputRequest,
        InputRequiredResult, PromptMessage, RequestStateCodec, Role,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::schemas::one_field;

type Outcome = Result<CallToolResponse, ErrorData>;

pub(super) struct InputRequired {
    state: RequestStateCodec,
}

impl Default for InputRequired {
    fn default() -> Self {
        // Fixtures keep no secrets; that tampering is noticed needs only some key.
        Self {
            state: RequestStateCodec::new_unchecked(*b"conformance fixtures: a known key"),
        }
    }
}

impl InputRequired {
    pub(super) fn call(&self, name: &str, call: &Call) -> Option<Outcome> {
        let ask = |request| required([request], None);
        let outcome = match name.strip_prefix("test_") {
            Some("input_required_result_elicitation") => match answer(call, "user_name") {
                Some(name) => done(&format!("Hello, {}!", name["content"]["name"])),
                None => ask(form("user_name", "What is your name?", "name", "string")),
            },
            Some("input_required_result_sampling") => match answer(call, "capital_question") {
                Some(answer) => done(&answer["content"]["text"].to_string()),
                None => ask(sample("capital_question", "What is the capital of France?", 100)),
            },
            Some("input_required_result_list_roots") => match answer(call, "client_roots") {
                Some(answer) => done(&format!("Roots: {}", answer["roots"])),
                None => ask(roots("client_roots")),
            },
            Some("streaming_elicitation") => match answer(call, "user_name") {
                Some(_) => done("Thank you."),
                None => ask(form("user_name", "What is your name?", "name", "string")),
            },
            Some("input_required_result_request_state" | "input_required_result_tampered_state") => self.stated(call),
            Some("input_required_result_multiple_inputs") => self.several(call),
            Some("input_required_result_multi_round") => self.rounds(call),
            Some("input_required_result_capabilities") => by_capability(call),
            _ => return None,
        };
        Some(outcome)
    }

    pub(super) fn prompt(name: &str, call: &Call) -> Option<Result<GetPromptResponse, ErrorData>> {
        if name != "test_input_required_result_prompt" {
            return None;
        }
        let Some(answer) = answer(call, "user_context") else {
            let question = form(
                "user_context",
                "What context should the prompt use?",
                "context",
                "string",
            );
            return Some(
                requests([question]).map(|requests| InputRequiredResult::from_input_requests(requests).into()),
            );
        };
        let text = format!("Use this context: {}", answer["content"]["context"]);
        Some(Ok(GetPromptResult::new(vec![PromptMessage::new(
            Role::User,
            ContentBlock::text(text),
        )])
        .into()))
    }

    fn stated(&self, call: &Call) -> Outcome {
        match (self.opened(call)?, answer(call, "confirm")) {
            (Some(_), Some(_)) => done("state-ok"),
            _ => required(
                [form("confirm", "Please confirm", "ok", "boolean")],
                Some(self.state.seal(b"asked")),
            ),
        }
    }

    fn several(&self, call: &Call) -> Outcome {
        let keys = ["user_name", "greeting", "client_roots"];
        if self.opened(call)?.is_some() && keys.iter().all(|key| answer(call, key).is_some()) {
            return done("All answers have arrived.");
        }
        let questions = [
            form(keys[0], "What is your name?", "name", "string"),
            sample(keys[1], "Generate a greeting", 50),
            roots(keys[2]),
        ];
        required(questions, Some(self.state.seal(b"several")))
    }

    fn rounds(&self, call: &Call) -> Outcome {
        match self.opened(call)?.as_deref() {
            Some(b"second") if answer(call, "step2").is_some() => done("Both rounds are done."),
            Some(b"first") if answer(call, "step1").is_some() => required(
                [form("step2", "Step 2: What is your favorite color?", "color", "string")],
                Some(self.state.seal(b"second")),
            ),
            _ => required(
                [form("step1", "Step 1: What is your name?", "name", "string")],
                Some(self.state.seal(b"first")),
            ),
        }
    }

    /// The state that came back, if it is one of ours.
    fn opened(&self, call: &Call) -> Result<Option<Vec<u8>>, ErrorData> {
        let Some(sealed) = &call.request_state else {
            return Ok(None);
        };
        match self.state.open(sealed) {
            Ok(state) => Ok(Some(state)),
            Err(_) => Err(ErrorData::invalid_params(
                "requestState is not one of this server's",
                None,
            )),
        }
    }
}

/// Asks only for what the client said it can do.
fn by_capability(call: &Call) -> Outcome {
    let declared = call
        .context
        .as_ref()
        .and_then(RequestContext::client_capabilities)
        .unwrap_or_default();
    let mut questions = Vec::new();
    if declared.elicitation.is_some() {
        questions.push(form("user_name", "What is your name?", "name", "string"));
    }
    if declared.sampling.is_some() {
        questions.push(sample("greeting", "Generate a greeting", 50));
    }
    if questions.is_empty() || questions.iter().all(|(key, _)| answer(call, key).is_some()) {
        return done("Nothing more to ask.");
    }
    required(questions, None)
}

/// An answer, when it is an object as every answer must be. Others are asked for again.
fn answer(call: &Call, key: &str) -> Option<Value> {
    let answer = call.input_responses.as_ref()?.get(key)?;
    answer.is_object().then(|| answer.clone())
}

fn form(key: &'static str, message: &str, field: &str, kind: &str) -> (&'static str, Value) {
    let params = json!({ "mode": "form", "message": message, "requestedSchema": one_field(field, kind) });
    (key, json!({ "method": "elicitation/create", "params": params }))
}

fn sample(key: &'static str, text: &str, max_tokens: u32) -> (&'static str, Value) {
    let message = json!({ "role": "user", "content": { "type": "text", "text": text } });
    let params = json!({ "messages": [message], "maxTokens": max_tokens });
    (key, json!({ "method": "sampling/createMessage", "params": params }))
}

fn roots(key: &'static str) -> (&'static str, Value) {
    (key, json!({ "method": "roots/list", "params": {} }))
}

fn requests(
    questions: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<BTreeMap<String, InputRequest>, ErrorData> {
    let parse = |(key, value): (&str, Value)| Ok((key.to_owned(), serde_json::from_value(value)?));
    let requests: Result<_, serde_json::Error> = questions.into_iter().map(parse).collect();
    requests.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

fn required(questions: impl IntoIterator<Item = (&'static str, Value)>, state: Option<String>) -> Outcome {
    Ok(InputRequiredResult::new(Some(requests(questions)?), state).into())
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as a question")]
fn done(text: &str) -> Outcome {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
}
