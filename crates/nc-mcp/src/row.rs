//! One row of the tool table: what is told about a tool, and the function behind it.

use std::{borrow::Cow, sync::Arc};

use nc_auth::{Scope, ScopeSet};
use nc_mcp_kit::{BoxFuture, Direction, Failure, Hints, ToolSpec, schema_of, structured};
use rmcp::model::{CallToolResponse, JsonObject};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::context::Context;

type Run = Arc<dyn Fn(Context, JsonObject) -> BoxFuture<'static, Result<CallToolResponse, Failure>> + Send + Sync>;

/// A tool and its function.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) spec: ToolSpec,
    pub(crate) run: Run,
}

/// The app family that a group of rows belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Name in settings and docs.
    pub name: &'static str,
    /// Capability key that must be there; `None` for what every cloud has.
    pub capability: Option<&'static str>,
}

/// A row. There is no way to leave the scope out.
pub(crate) fn row<P, R, F, W>(
    family: Family,
    scope: Scope,
    hints: Hints,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    work: F,
) -> Row
where
    P: DeserializeOwned + JsonSchema + Send + 'static,
    R: Serialize + JsonSchema + 'static,
    F: Fn(Context, P) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let spec = ToolSpec {
        name,
        title,
        description: Cow::Borrowed(description),
        app: family.name,
        capability: family.capability,
        scopes: ScopeSet::EMPTY.with(scope),
        hints,
        input: schema_of::<P>(Direction::Input),
        output: Some(schema_of::<R>(Direction::Output)),
    };
    let work = Arc::new(work);
    let run: Run = Arc::new(move |context, arguments| {
        let work = Arc::clone(&work);
        Box::pin(async move {
            let parameters = parameters::<P>(arguments)?;
            structured(&work(context, parameters).await?)
        })
    });
    Row { spec, run }
}

/// The schema has been checked; what is left are values whose form the schema cannot tell.
fn parameters<P: DeserializeOwned>(arguments: JsonObject) -> Result<P, Failure> {
    serde_json::from_value(serde_json::Value::Object(arguments))
        .map_err(|error| nc_mcp_kit::ToolError::invalid_argument(error.to_string()).into())
}
