use std::{collections::BTreeSet, sync::Arc};

use nc_auth::{Caller, Credential};
use nc_client::{Client, Nextcloud};
use nc_mcp_kit::{Backend, BoxFuture, Call, Failure, ResourceSpec, ToolTable};
use nc_proto::clock::Clock;
use rmcp::model::{
    CallToolResponse, CompleteRequestParams, CompletionInfo, ErrorData, Implementation, JsonObject, ReadResourceResult,
};

use crate::{
    completions,
    context::Context,
    instructions::INSTRUCTIONS,
    resources,
    row::Row,
    tools::{self, APPS},
};

/// Which tools are offered, and how much one call may carry.
#[derive(Debug, Clone)]
pub struct Options {
    /// App families; `None` for all.
    pub apps: Option<Vec<String>>,
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Whether tools of apps that a caller's cloud lacks are hidden.
    pub hide_missing_apps: bool,
    /// Largest content of one write, in bytes.
    pub write_max_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            apps: None,
            read_only: false,
            hide_missing_apps: true,
            write_max_bytes: None,
        }
    }
}

/// The backend of the product: every tool and resource, over one Nextcloud. Holds no identity.
pub struct Assistant {
    cloud: Nextcloud,
    clock: Clock,
    options: Arc<Options>,
    table: ToolTable,
    /// In the order of the table.
    rows: Vec<Row>,
    resources: Vec<ResourceSpec>,
}

impl Assistant {
    /// A backend over `cloud`.
    pub fn new(cloud: Nextcloud, options: Options, clock: Clock) -> Self {
        let offered = |app: &str| {
            options
                .apps
                .as_ref()
                .is_none_or(|apps| apps.iter().any(|name| name == app))
        };
        let mut rows = tools::rows();
        rows.retain(|row| offered(row.spec.app) && (!options.read_only || row.spec.hints.read_only));
        rows.sort_by_key(|row| row.spec.name);
        let table = ToolTable::new(rows.iter().map(|row| row.spec.clone()).collect());
        let resources = resources::specs()
            .into_iter()
            .filter(|spec| offered(spec.app))
            .collect();
        Self {
            cloud,
            clock,
            options: Arc::new(options),
            table,
            rows,
            resources,
        }
    }

    /// The client that acts as `caller`.
    fn client(&self, caller: &Caller) -> Client {
        self.cloud.client(match &caller.credential {
            Credential::Basic { login, password } => nc_client::Credential::Basic {
                login: login.as_str().to_owned(),
                password: password.clone(),
            },
            Credential::Bearer(token) => nc_client::Credential::Bearer(token.clone()),
        })
    }

    fn context(&self, call: Call) -> Context {
        Context {
            client: self.client(&call.caller),
            call,
            options: Arc::clone(&self.options),
            clock: self.clock.clone(),
        }
    }
}

impl Backend for Assistant {
    fn implementation(&self) -> Implementation {
        Implementation::new("nextcloud-mcp", env!("CARGO_PKG_VERSION"))
            .with_title("Nextcloud")
            .with_description("Notes and files of a Nextcloud")
    }

    fn instructions(&self) -> Option<&str> {
        Some(INSTRUCTIONS)
    }

    fn tools(&self) -> &ToolTable {
        &self.table
    }

    fn resources(&self) -> &[ResourceSpec] {
        &self.resources
    }

    fn missing_capabilities<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Arc<BTreeSet<&'static str>>> {
        Box::pin(async move {
            if !self.options.hide_missing_apps {
                return Arc::default();
            }
            match self.client(caller).capabilities().await {
                Ok(capabilities) => Arc::new(
                    APPS.iter()
                        .filter_map(|family| family.capability)
                        .filter(|key| !capabilities.has(key))
                        .collect(),
                ),
                // A cloud that cannot be asked lacks nothing: each tool then says itself what is wrong.
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "capabilities are not known; all tools are listed");
                    Arc::default()
                }
            }
        })
    }

    fn call(
        &self,
        index: usize,
        call: Call,
        arguments: JsonObject,
    ) -> BoxFuture<'_, Result<CallToolResponse, Failure>> {
        (self.rows[index].run)(self.context(call), arguments)
    }

    fn read<'a>(
        &'a self,
        spec: &'a ResourceSpec,
        uri: &'a str,
        call: Call,
    ) -> BoxFuture<'a, Result<ReadResourceResult, ErrorData>> {
        Box::pin(resources::read(self.context(call), spec, uri))
    }

    fn complete(&self, request: CompleteRequestParams, call: Call) -> BoxFuture<'_, Result<CompletionInfo, ErrorData>> {
        Box::pin(completions::complete(self.context(call), request))
    }
}
