use std::{collections::BTreeSet, sync::Arc};

use nc_auth::Caller;
use nc_mcp_kit::{Backend, BoxFuture, Call, Failure, Features, ResourceSpec, ToolTable};
use rmcp::{
    model::{
        CallToolResponse, ErrorData, GetPromptRequestParams, GetPromptResponse, Implementation, JsonObject,
        ListPromptsResult, ReadResourceResult, SubscriptionFilter,
    },
    service::SubscriptionContext,
};

use super::{changes::Changes, content, dialogue, input_required::InputRequired, prompts, resources, tools};

/// Everything that the suite asks for.
pub struct Fixtures {
    tools: ToolTable,
    resources: Vec<ResourceSpec>,
    changes: Changes,
    input_required: InputRequired,
}

impl Default for Fixtures {
    fn default() -> Self {
        Self {
            tools: tools::table(),
            resources: resources::specs(),
            changes: Changes::default(),
            input_required: InputRequired::default(),
        }
    }
}

impl Backend for Fixtures {
    fn implementation(&self) -> Implementation {
        Implementation::new("nextcloud-mcp-conformance", env!("CARGO_PKG_VERSION"))
    }

    fn instructions(&self) -> Option<&str> {
        None
    }

    fn tools(&self) -> &ToolTable {
        &self.tools
    }

    fn resources(&self) -> &[ResourceSpec] {
        &self.resources
    }

    fn features(&self) -> Features {
        Features {
            prompts: true,
            logging: true,
            subscriptions: true,
            list_changed: true,
        }
    }

    fn missing_capabilities<'a>(&'a self, _caller: &'a Caller) -> BoxFuture<'a, Arc<BTreeSet<&'static str>>> {
        Box::pin(async { Arc::default() })
    }

    fn call(
        &self,
        index: usize,
        call: Call,
        arguments: JsonObject,
    ) -> BoxFuture<'_, Result<CallToolResponse, Failure>> {
        let name = self.tools.specs()[index].name;
        Box::pin(async move {
            if let Some(response) = self.changes.call(name) {
                return Ok(response);
            }
            if let Some(outcome) = self.input_required.call(name, &call) {
                return outcome.map_err(Failure::from);
            }
            if let Some(outcome) = dialogue::call(name, &call, &arguments).await {
                return outcome;
            }
            content::call(name, &call).await
        })
    }

    fn read<'a>(
        &'a self,
        _spec: &'a ResourceSpec,
        uri: &'a str,
        _call: Call,
    ) -> BoxFuture<'a, Result<ReadResourceResult, ErrorData>> {
        Box::pin(async move { Ok(resources::read(uri)) })
    }

    fn prompts(&self) -> ListPromptsResult {
        ListPromptsResult::with_all_items(prompts::list())
    }

    fn prompt(
        &self,
        request: GetPromptRequestParams,
        call: Call,
    ) -> BoxFuture<'_, Result<GetPromptResponse, ErrorData>> {
        Box::pin(async move {
            match InputRequired::prompt(&request.name, &call) {
                Some(response) => response,
                None => prompts::get(&request),
            }
        })
    }

    fn accepted_subscriptions(&self, wished: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(wished.clone())
    }

    fn listen(&self, subscription: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>> {
        Box::pin(self.changes.forward(subscription))
    }
}
