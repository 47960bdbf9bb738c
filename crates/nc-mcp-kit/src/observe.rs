//! What may be known of a call by those who do not make it: who, which tool, how it ended; never what was said.

use std::{fmt, sync::Arc, time::Duration};

use nc_auth::Caller;
use rmcp::model::{CallToolResponse, JsonObject};
use tokio::time::Instant;

use crate::{Failure, ToolSpec};

/// Name of a tool that is not there: anybody could invent names.
const UNKNOWN: &str = "unknown";

/// One call of a tool that has ended.
#[derive(Debug, Clone)]
pub struct ToolCall<'a> {
    /// Who called, through which client.
    pub caller: &'a Caller,
    /// Name of the tool, or `unknown`.
    pub tool: &'static str,
    /// Names of the arguments that the tool knows; never their values.
    pub arguments: &'a [String],
    /// How many other arguments there were. Their names are not told: a name could be a value as well.
    pub unknown_arguments: usize,
    /// `ok`, or the stable code of the failure; `abandoned` when nobody waited for the end.
    pub outcome: &'static str,
    /// How long it took.
    pub elapsed: Duration,
}

/// One resource that was read, or not.
#[derive(Debug, Clone)]
pub struct ResourceRead<'a> {
    /// Who read, through which client.
    pub caller: &'a Caller,
    /// Name of the resource, or of its family; never its address, which says what somebody looked at.
    pub resource: &'static str,
    /// `ok`, `failed`, `insufficient_scope`, or `abandoned` when nobody waited for the end.
    pub outcome: &'static str,
    /// How long it took.
    pub elapsed: Duration,
}

/// Told about each call of a tool and each reading of a resource, also about those that the scope gate refuses. Must not wait.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Takes note of a call.
    fn called(&self, call: &ToolCall<'_>);

    /// Takes note of a reading.
    fn read(&self, read: &ResourceRead<'_>);
}

/// A reading under way. Told when it ends, however it ends.
pub(crate) struct Reading {
    /// What is told once: taken at the end.
    watched: Option<(Arc<dyn Observer>, Caller)>,
    resource: &'static str,
    started: Instant,
}

impl Reading {
    pub(crate) fn begin(observer: Option<&Arc<dyn Observer>>, caller: &Caller, resource: &'static str) -> Self {
        Self {
            watched: observer.map(|observer| (Arc::clone(observer), caller.clone())),
            resource,
            started: Instant::now(),
        }
    }

    pub(crate) fn end(mut self, outcome: &'static str) {
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: &'static str) {
        if let Some((observer, caller)) = self.watched.take() {
            observer.read(&ResourceRead {
                caller: &caller,
                resource: self.resource,
                outcome,
                elapsed: self.started.elapsed(),
            });
        }
    }
}

impl Drop for Reading {
    /// The client went away.
    fn drop(&mut self) {
        self.tell("abandoned");
    }
}

/// A call under way. Told when it ends, however it ends.
pub(crate) struct Running {
    /// What is told once: taken at the end.
    watched: Option<Watched>,
    tool: &'static str,
    started: Instant,
}

struct Watched {
    observer: Arc<dyn Observer>,
    caller: Caller,
    arguments: Vec<String>,
    unknown_arguments: usize,
}

impl Running {
    pub(crate) fn begin(
        observer: Option<&Arc<dyn Observer>>,
        caller: &Caller,
        spec: Option<&ToolSpec>,
        arguments: &JsonObject,
    ) -> Self {
        let watched = observer.map(|observer| {
            let known = spec.and_then(|spec| spec.input.get("properties")?.as_object());
            let is_known = |name: &&String| known.is_some_and(|known| known.contains_key(*name));
            let names: Vec<String> = arguments.keys().filter(is_known).cloned().collect();
            Watched {
                observer: Arc::clone(observer),
                caller: caller.clone(),
                unknown_arguments: arguments.len() - names.len(),
                arguments: names,
            }
        });
        Self {
            watched,
            tool: spec.map_or(UNKNOWN, |spec| spec.name),
            started: Instant::now(),
        }
    }

    pub(crate) fn end(mut self, result: &Result<CallToolResponse, Failure>) {
        let (status, outcome) = match result {
            Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => ("error", "tool_error"),
            Ok(_) => ("success", "ok"),
            Err(failure) => ("error", failure.code()),
        };
        let (tool, elapsed) = (self.tool, self.started.elapsed());
        metrics::counter!("mcp_tool_calls_total", "tool_name" => tool, "status" => status).increment(1);
        metrics::histogram!("mcp_tool_duration_seconds", "tool_name" => tool).record(elapsed.as_secs_f64());
        metrics::counter!("mcp_tool_outcomes_total", "tool_name" => tool, "outcome" => outcome).increment(1);
        if status == "error" {
            metrics::counter!("mcp_tool_errors_total", "tool_name" => tool, "error_type" => outcome).increment(1);
        }
        tracing::debug!(
            tool,
            status,
            code = outcome,
            elapsed_ms = elapsed.as_millis(),
            "tool call"
        );
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: &'static str) {
        if let Some(watched) = self.watched.take() {
            watched.observer.called(&ToolCall {
                caller: &watched.caller,
                tool: self.tool,
                arguments: &watched.arguments,
                unknown_arguments: watched.unknown_arguments,
                outcome,
                elapsed: self.started.elapsed(),
            });
        }
    }
}

impl Drop for Running {
    /// The client went away, and the call with it.
    fn drop(&mut self) {
        self.tell("abandoned");
    }
}
