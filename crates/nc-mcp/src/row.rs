//! One row of the tool table: what is told about a tool, and the function behind it.

use std::{borrow::Cow, sync::Arc};

use nc_auth::ScopeSet;
use nc_mcp_kit::{BoxFuture, Direction, Failure, Hints, ToolSpec, schema_of, structured};
use rmcp::model::{CallToolResponse, JsonObject};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::context::{AccessContext, Context};

type Run<C> = Arc<dyn Fn(C, JsonObject) -> BoxFuture<'static, Result<CallToolResponse, Failure>> + Send + Sync>;

/// The function behind a tool, by what it works with.
#[derive(Clone)]
pub(crate) enum Work {
    /// The cloud, as the caller.
    Cloud(Run<Context>),
    /// The caller's access to it.
    Access(Run<AccessContext>),
}

/// A tool and its function.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) spec: ToolSpec,
    pub(crate) work: Work,
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
    scopes: impl Into<ScopeSet>,
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
    Row {
        spec: spec::<P, R>(family, scopes.into(), hints, name, title, description),
        work: Work::Cloud(run(work)),
    }
}

/// A row about the caller's own access to the cloud: any valid token may ask, and no other caller can.
pub(crate) fn access_row<P, R, F, W>(
    family: Family,
    hints: Hints,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    work: F,
) -> Row
where
    P: DeserializeOwned + JsonSchema + Send + 'static,
    R: Serialize + JsonSchema + 'static,
    F: Fn(AccessContext, P) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, Failure>> + Send + 'static,
{
    Row {
        spec: spec::<P, R>(family, ScopeSet::EMPTY, hints, name, title, description),
        work: Work::Access(run(work)),
    }
}

fn spec<P: JsonSchema + 'static, R: JsonSchema + 'static>(
    family: Family,
    scopes: ScopeSet,
    hints: Hints,
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> ToolSpec {
    ToolSpec {
        name,
        title,
        description: Cow::Borrowed(description),
        app: family.name,
        capability: family.capability,
        scopes,
        hints,
        input: schema_of::<P>(Direction::Input),
        output: Some(schema_of::<R>(Direction::Output)),
    }
}

fn run<C, P, R, F, W>(work: F) -> Run<C>
where
    C: Send + 'static,
    P: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
    F: Fn(C, P) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let work = Arc::new(work);
    Arc::new(move |context, arguments| {
        let work = Arc::clone(&work);
        Box::pin(async move {
            let parameters = parameters::<P>(arguments)?;
            structured(&work(context, parameters).await?)
        })
    })
}

/// The schema has been checked; what is left are values whose form the schema cannot tell.
fn parameters<P: DeserializeOwned>(arguments: JsonObject) -> Result<P, Failure> {
    serde_json::from_value(serde_json::Value::Object(arguments))
        .map_err(|error| nc_mcp_kit::ToolError::invalid_argument(error.to_string()).into())
}
