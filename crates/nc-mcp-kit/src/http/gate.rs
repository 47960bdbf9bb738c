use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use nc_auth::{Caller, ScopeSet};

use super::{
    Authenticate, HttpOptions, Refusal, host,
    peek::{Malformed, Peek, peek},
    sessions::Sessions,
};
use crate::{Backend, Handler, Limit, Observer, ResourceRead, ResourceSpec, ToolCall};

const SESSION_ID: &str = "mcp-session-id";
const BOTH_TYPES: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// Most bytes of a refused request that are read: more than any first message has.
const FORGOTTEN_BYTES: usize = 64 * 1024;

/// How long the rest of a refused request is waited for.
const FORGETTING: Duration = Duration::from_secs(1);

pub(super) struct Gate {
    backend: Arc<dyn Backend>,
    observer: Option<Arc<dyn Observer>>,
    limit: Option<Arc<dyn Limit>>,
    authenticate: Arc<dyn Authenticate>,
    sessions: Sessions,
    allowed_hosts: Option<Vec<String>>,
    max_body_bytes: usize,
}

impl Gate {
    pub(super) fn new(handler: &Handler, options: &HttpOptions, sessions: Sessions) -> Self {
        Self {
            backend: Arc::clone(handler.backend()),
            observer: handler.observer().cloned(),
            limit: handler.limit().cloned(),
            authenticate: Arc::clone(&options.authenticate),
            sessions,
            allowed_hosts: options.allowed_hosts.clone(),
            max_body_bytes: options.max_body_bytes,
        }
    }

    /// A call that no handler sees is told as well.
    fn tell_refused(&self, caller: &Caller, peek: &Peek<'_>, outcome: &'static str) {
        let Some(observer) = &self.observer else { return };
        if let Some(spec) = self.read_by(peek) {
            observer.read(&ResourceRead {
                caller,
                resource: spec.name,
                outcome,
                elapsed: Duration::ZERO,
            });
        }
        let spec = peek.called().and_then(|name| self.backend.tools().find_spec(name));
        if let Some(spec) = spec {
            observer.called(&ToolCall {
                caller,
                tool: spec.name,
                arguments: &[],
                unknown_arguments: 0,
                outcome,
                elapsed: Duration::ZERO,
            });
        }
    }

    /// What the message needs, judged before any handler runs. Unknown targets need nothing: the handler says so.
    fn needed(&self, peek: &Peek<'_>) -> ScopeSet {
        match peek.method.as_deref() {
            Some("tools/call") => peek
                .called()
                .and_then(|name| self.backend.tools().find_spec(name))
                .map_or(ScopeSet::EMPTY, |spec| spec.scopes),
            _ => self.read_by(peek).map_or(ScopeSet::EMPTY, |spec| spec.scopes),
        }
    }

    /// The resource that a message is about.
    fn read_by(&self, peek: &Peek<'_>) -> Option<&ResourceSpec> {
        let is_read = matches!(peek.method.as_deref(), Some("resources/read" | "resources/subscribe"));
        let uri = peek.params.as_ref().filter(|_| is_read)?.uri.as_deref()?;
        self.backend.resources().iter().find(|spec| spec.matches(uri).is_some())
    }
}

/// The gate in front of the SDK's service.
pub(super) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    match admit(&gate, request).await {
        Ok((caller, request)) => {
            let opens = request.headers().get(SESSION_ID).is_none();
            let ends = request.method() == Method::DELETE;
            let mut response = next.run(request).await;
            if opens && let Some(id) = response.headers().get(SESSION_ID).and_then(|id| id.to_str().ok()) {
                gate.sessions.opened(id, &caller).await;
            }
            if ends && response.status() == StatusCode::ACCEPTED {
                // The session has ended, not will end; the Python client 2.3 warns of a failure at 202.
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            response
        }
        Err(response) => *response,
    }
}

async fn admit(gate: &Gate, request: Request) -> Result<(Caller, Request), Box<Response>> {
    let (mut parts, body) = request.into_parts();
    // Before anybody signs in: a wrong name is a mistake of the proxy, and is found without a token.
    if let Some(allowed) = &gate.allowed_hosts
        && !host::is_allowed(&parts, allowed)
    {
        let message = "Forbidden: the Host of the request is not one of this server's names";
        return Err(Box::new(rpc_error(StatusCode::FORBIDDEN, None, -32600, message)));
    }
    let judged = gate.authenticate.authenticate(&parts).await;
    count_judgement(judged.as_ref().err().map(|refusal| refusal.status));
    let caller = match judged {
        Ok(caller) => caller,
        Err(refusal) => {
            forget(body).await;
            return Err(Box::new(refused(&refusal)));
        }
    };
    let foreign_session = parts
        .headers
        .get(SESSION_ID)
        .is_some_and(|id| !id.to_str().is_ok_and(|id| gate.sessions.belongs_to(id, &caller)));
    if foreign_session && !is_modern(&parts.headers) {
        return Err(Box::new(no_session()));
    }
    parts.extensions.insert(caller.clone());
    if parts.method != Method::POST {
        return Ok((caller, Request::from_parts(parts, body)));
    }
    accept_both(&mut parts.headers);
    let bytes = collect(body, gate.max_body_bytes).await?;
    let peek = peek(&bytes).map_err(|malformed| Box::new(not_a_message(malformed)))?;
    // Opening is of the older revisions, whatever version it names.
    if foreign_session && peek.method.as_deref() == Some("initialize") {
        return Err(Box::new(no_session()));
    }
    let needed = gate.needed(&peek);
    if !caller.grants.allow(needed) {
        gate.tell_refused(&caller, &peek, "insufficient_scope");
        return Err(Box::new(insufficient_scope(gate, &caller, peek.answer_id(), needed)));
    }
    if peek.method.as_deref() == Some("tools/call")
        && let Some(limit) = &gate.limit
        && let Err(wait_s) = limit.count(&caller)
    {
        return Err(Box::new(too_many_calls(peek.answer_id(), wait_s)));
    }
    if peek.method.as_deref() == Some("initialize") && !gate.sessions.has_room().await {
        let mut response = rpc_error(
            StatusCode::SERVICE_UNAVAILABLE,
            peek.answer_id(),
            -32000,
            "too many open sessions; close some, or use the stateless revision 2026-07-28",
        );
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return Err(Box::new(response));
    }
    let body = Body::from(bytes);
    Ok((caller, Request::from_parts(parts, body)))
}

/// The stateless revisions have no sessions and ignore the header.
fn is_modern(headers: &HeaderMap) -> bool {
    headers
        .get("mcp-protocol-version")
        .and_then(|version| version.to_str().ok())
        .is_some_and(|version| version >= "2026-07-28")
}

/// The SDK insists on both media types by name; many clients send `*/*`, one type, or nothing.
fn accept_both(headers: &mut HeaderMap) {
    let accepts = |wanted: &str| {
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|entry| {
                let mut parts = entry.split(';').map(str::trim);
                let essence = parts.next().unwrap_or_default();
                let excluded = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0"));
                !excluded && (essence.eq_ignore_ascii_case(wanted) || matches!(essence, "*/*" | "application/*"))
            })
    };
    if !headers.contains_key(header::ACCEPT) || accepts("application/json") {
        headers.insert(header::ACCEPT, BOTH_TYPES);
    }
}

/// Reads what a request still sends and keeps nothing of it. A connection whose request was not read is closed after the
/// answer, and a client that asks for the metadata of a 401 on it finds a server that seems to be gone.
async fn forget(body: Body) {
    let rest = Limited::new(body, FORGOTTEN_BYTES).collect();
    // Whoever sends too much or too slowly loses the connection.
    let _ = tokio::time::timeout(FORGETTING, rest).await;
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Box<Response>> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message =
                format!("the request is larger than {limit} bytes; send large files in parts or by another way");
            Err(Box::new(rpc_error(
                StatusCode::PAYLOAD_TOO_LARGE,
                None,
                -32600,
                &message,
            )))
        }
        Err(_) => Err(Box::new(rpc_error(
            StatusCode::BAD_REQUEST,
            None,
            -32700,
            "the request broke off",
        ))),
    }
}

fn no_session() -> Response {
    rpc_error(StatusCode::NOT_FOUND, None, -32001, "Session not found")
}

fn not_a_message(malformed: Malformed) -> Response {
    let (code, message) = match malformed {
        Malformed::Json => (-32700, "Parse error: the body is not JSON"),
        Malformed::Batch => (
            -32600,
            "Invalid Request: batches are not part of the protocol; send one message a request",
        ),
        Malformed::Message => (-32600, "Invalid Request: the body is not one JSON-RPC message"),
    };
    rpc_error(StatusCode::BAD_REQUEST, None, code, message)
}

/// How the credential of a request was judged. Not by whom: no label names a person or client.
fn count_judgement(refused: Option<StatusCode>) {
    let outcome = match refused {
        None => "valid",
        Some(StatusCode::UNAUTHORIZED) => "unauthorized",
        Some(StatusCode::TOO_MANY_REQUESTS) => "limited",
        Some(StatusCode::FORBIDDEN) => "forbidden",
        Some(status) if status.is_server_error() => "unavailable",
        Some(_) => "malformed",
    };
    metrics::counter!("mcp_oauth_token_validations_total", "outcome" => outcome).increment(1);
}

fn refused(refusal: &Refusal) -> Response {
    let mut response = rpc_error(refusal.status, None, -32001, &refusal.message);
    for challenge in &refusal.challenges {
        response
            .headers_mut()
            .append(header::WWW_AUTHENTICATE, challenge.clone());
    }
    if let Some(seconds) = refusal.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(nonce) = &refusal.dpop_nonce {
        response.headers_mut().insert("dpop-nonce", nonce.clone());
    }
    response
}

/// RFC 6750 §3.1: all scopes that the operation needs, in one go.
fn insufficient_scope(gate: &Gate, caller: &Caller, id: Option<serde_json::Value>, needed: ScopeSet) -> Response {
    metrics::counter!("mcp_scope_denials_total").increment(1);
    let message = format!("insufficient_scope: this needs {needed}");
    let mut body = rpc_body(id, -32001, &message);
    let scopes: Vec<&str> = needed.iter().map(nc_auth::Scope::as_str).collect();
    body["error"]["data"] = serde_json::json!({ "error": "insufficient_scope", "scopes_required": scopes });
    let mut response = (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
    if let Some(challenge) = gate.authenticate.scope_challenge(caller, needed) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn too_many_calls(id: Option<serde_json::Value>, wait_s: u64) -> Response {
    metrics::counter!("mcp_limited_calls_total").increment(1);
    let message = format!("too many calls; try again in {wait_s} s");
    let mut response = rpc_error(StatusCode::TOO_MANY_REQUESTS, id, -32000, &message);
    response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    response
}

fn rpc_error(status: StatusCode, id: Option<serde_json::Value>, code: i32, message: &str) -> Response {
    (status, axum::Json(rpc_body(id, code, message))).into_response()
}

fn rpc_body(id: Option<serde_json::Value>, code: i32, message: &str) -> serde_json::Value {
    let mut body = serde_json::json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message } });
    body["id"] = id.unwrap_or_default();
    body
}
