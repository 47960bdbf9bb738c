use std::{collections::BTreeSet, sync::Arc};

use nc_auth::{Caller, Credential, ScopeSet};
use nc_client::{Client, Nextcloud};
use nc_documents::Extractor;
use nc_mcp_kit::{Backend, BoxFuture, Call, Failure, ResourceSpec, ToolError, ToolTable};
use nc_proto::clock::Clock;
use rmcp::model::{
    CallToolResponse, CompleteRequestParams, CompletionInfo, ErrorData, Implementation, JsonObject, ReadResourceResult,
    Reference,
};

use crate::{
    completions,
    context::{AccessContext, Context},
    fallback::with_kept,
    instructions::INSTRUCTIONS,
    provisioning::{self, Provisioning},
    resources,
    row::{Row, Work},
    tools::{self, APPS},
};

/// Which tools are offered, and how much one call may carry.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Options {
    /// App families; `None` for all.
    pub apps: Option<Vec<String>>,
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Whether tools of apps that a caller's cloud lacks are hidden.
    pub hide_missing_apps: bool,
    /// Whether lists show also what the caller's scopes do not allow.
    pub list_all: bool,
    /// Largest content of one write, in bytes.
    pub write_max_bytes: Option<u64>,
    /// Which hosts recipes may be imported from.
    pub recipe_hosts: nc_client::Hosts,
    /// Whether links, and shares with mail addresses and other servers, can be made.
    pub share_outside: bool,
    /// Reads documents; `None` where the operator does not want that.
    pub documents: Option<Arc<Extractor>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            apps: None,
            read_only: false,
            hide_missing_apps: true,
            list_all: false,
            write_max_bytes: None,
            recipe_hosts: nc_client::Hosts::Public,
            share_outside: true,
            documents: None,
        }
    }
}

/// The backend of the product: every tool and resource, over one Nextcloud. Holds no identity.
pub struct Assistant {
    cloud: Nextcloud,
    clock: Clock,
    options: Arc<Options>,
    provisioning: Option<Arc<dyn Provisioning>>,
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
        let table = table(&rows);
        let resources = resources::specs()
            .into_iter()
            .filter(|spec| offered(spec.app))
            .collect();
        Self {
            cloud,
            clock,
            options: Arc::new(options),
            provisioning: None,
            table,
            rows,
            resources,
        }
    }

    /// Lets people see and take back the access that they gave, and notes when the cloud takes it no more.
    #[must_use]
    pub fn with_provisioning(mut self, provisioning: Arc<dyn Provisioning>) -> Self {
        let mut rows = tools::access_rows();
        rows.retain(|row| !self.options.read_only || row.spec.hints.read_only);
        self.rows.append(&mut rows);
        self.rows.sort_by_key(|row| row.spec.name);
        self.table = table(&self.rows);
        self.provisioning = Some(provisioning);
        self
    }

    /// The client that acts as `caller`. `None`: the caller has no access to the cloud.
    fn client(&self, caller: &Caller) -> Option<Client> {
        Some(self.cloud.client(match &caller.credential {
            Credential::Basic { login, password } => nc_client::Credential::Basic {
                login: login.as_str().to_owned(),
                password: password.clone(),
            },
            Credential::Bearer(token) => nc_client::Credential::Bearer(token.clone()),
            Credential::NotProvisioned => return None,
        }))
    }

    /// What a call works with that needs these scopes.
    fn context(&self, call: Call, needed: ScopeSet) -> Result<Context, ToolError> {
        let client = self.client(&call.caller).ok_or_else(|| self.provisioning_required())?;
        Ok(Context {
            client: with_kept(client, &call.caller, needed, self.provisioning.as_ref()),
            call,
            options: Arc::clone(&self.options),
            clock: self.clock.clone(),
        })
    }

    fn access_context(&self, call: Call) -> Result<AccessContext, ToolError> {
        let provisioning = self.provisioning.clone().ok_or_else(|| self.provisioning_required())?;
        Ok(AccessContext {
            caller: call.caller.clone(),
            call,
            provisioning,
            clock: self.clock.clone(),
        })
    }

    fn provisioning_required(&self) -> ToolError {
        provisioning::required(self.provisioning.as_deref())
    }

    /// A refusal by the cloud ends the credential that we keep for the caller; that is the caller's to mend.
    async fn judge_refusal(&self, caller: &Caller, needed: ScopeSet, failure: Failure) -> Failure {
        let Some(provisioning) = &self.provisioning else {
            return failure;
        };
        match failure {
            Failure::Tool(error) if error.code == "bearer_refused" => {
                if let Some(kept) = provisioning.app_password(caller, needed).await {
                    // The one that is kept was tried.
                    provisioning.refused(&with_app_password(caller, kept.credential)).await;
                }
                provisioning::app_password_required(provisioning.as_ref(), &error.message).into()
            }
            Failure::Tool(error) if error.code == "unauthorized" && provisioning.refused(caller).await => {
                self.provisioning_required().into()
            }
            failure => failure,
        }
    }
}

/// The caller, with an app password in the place of the token.
fn with_app_password(caller: &Caller, credential: nc_client::Credential) -> Caller {
    let mut caller = caller.clone();
    if let nc_client::Credential::Basic { login, password } = credential {
        let login = nc_auth::LoginName::new(login);
        caller.credential = Credential::Basic { login, password };
    }
    caller
}

fn table(rows: &[Row]) -> ToolTable {
    ToolTable::new(rows.iter().map(|row| row.spec.clone()).collect())
}

impl Backend for Assistant {
    fn implementation(&self) -> Implementation {
        Implementation::new("nextcloud-mcp", env!("CARGO_PKG_VERSION"))
            .with_title("Nextcloud")
            .with_description("Files, notes, calendars, contacts, boards, tables, recipes and shares of a Nextcloud")
    }

    fn instructions(&self) -> Option<&str> {
        Some(INSTRUCTIONS)
    }

    fn tools(&self) -> &ToolTable {
        &self.table
    }

    fn lists_everything(&self) -> bool {
        self.options.list_all
    }

    fn resources(&self) -> &[ResourceSpec] {
        &self.resources
    }

    fn missing_capabilities<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Arc<BTreeSet<&'static str>>> {
        Box::pin(async move {
            if !self.options.hide_missing_apps {
                return Arc::default();
            }
            let Some(client) = self.client(caller) else {
                return Arc::default();
            };
            match client.capabilities().await {
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
        Box::pin(async move {
            let caller = call.caller.clone();
            let row = &self.rows[index];
            let result = match &row.work {
                Work::Cloud(run) => run(self.context(call, row.spec.scopes)?, arguments).await,
                Work::Access(run) => run(self.access_context(call)?, arguments).await,
            };
            match result {
                Err(failure) => Err(self.judge_refusal(&caller, row.spec.scopes, failure).await),
                answered => answered,
            }
        })
    }

    fn read<'a>(
        &'a self,
        spec: &'a ResourceSpec,
        uri: &'a str,
        call: Call,
    ) -> BoxFuture<'a, Result<ReadResourceResult, ErrorData>> {
        Box::pin(async move {
            let context = self
                .context(call, spec.scopes)
                .map_err(|error| resources::not_provisioned(&error))?;
            resources::read(context, spec, uri).await
        })
    }

    fn complete(&self, request: CompleteRequestParams, call: Call) -> BoxFuture<'_, Result<CompletionInfo, ErrorData>> {
        Box::pin(async move {
            let Reference::Resource(reference) = &request.r#ref else {
                return Ok(CompletionInfo::default());
            };
            let Some(spec) = self.resources.iter().find(|spec| spec.uri == reference.uri) else {
                return Ok(CompletionInfo::default());
            };
            match self.context(call, spec.scopes) {
                Ok(context) => completions::complete(context, spec, request).await,
                Err(_) => Ok(CompletionInfo::default()),
            }
        })
    }
}
