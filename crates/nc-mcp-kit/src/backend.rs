use std::{collections::BTreeSet, pin::Pin, sync::Arc};

use nc_auth::Caller;
use rmcp::{
    RoleServer,
    model::{
        CallToolResponse, CompleteRequestParams, CompletionInfo, ErrorData, GetPromptRequestMethod,
        GetPromptRequestParams, GetPromptResponse, Implementation, JsonObject, ListPromptsResult, ReadResourceResult,
        SubscriptionFilter,
    },
    service::{RequestContext, SubscriptionContext},
};

use crate::{Call, Failure, ResourceSpec, ToolTable};

/// A boxed future, so that one transport serves every backend.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a backend offers beyond tools and resources. All off by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one switch for each capability of the protocol"
)]
pub struct Features {
    /// Prompts.
    pub prompts: bool,
    /// Log messages to the client (deprecated since 2026-07-28).
    pub logging: bool,
    /// Resource subscriptions.
    pub subscriptions: bool,
    /// Change notifications for lists.
    pub list_changed: bool,
}

/// What a server answers with. The protocol, its checks and transports are the same for every backend.
pub trait Backend: Send + Sync + 'static {
    /// Name, title and version.
    fn implementation(&self) -> Implementation;

    /// How the tools work together, for the model. Short.
    fn instructions(&self) -> Option<&str>;

    /// All tools.
    fn tools(&self) -> &ToolTable;

    /// All resources and templates.
    fn resources(&self) -> &[ResourceSpec] {
        &[]
    }

    /// Whether lists show a caller also what lacks a scope. Calling it still needs the scope; but some clients call nothing
    /// that is not listed, and so could never ask for more.
    fn lists_everything(&self) -> bool {
        false
    }

    /// What else is offered.
    fn features(&self) -> Features {
        Features::default()
    }

    /// The capability keys among those that tools and resources name which `caller`'s cloud lacks.
    fn missing_capabilities<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Arc<BTreeSet<&'static str>>>;

    /// Runs the tool at place `index` of the table. Scopes and arguments have been checked.
    fn call(&self, index: usize, call: Call, arguments: JsonObject)
    -> BoxFuture<'_, Result<CallToolResponse, Failure>>;

    /// Reads a resource that one of [`Self::resources`] matched. Scopes have been checked.
    fn read<'a>(
        &'a self,
        spec: &'a ResourceSpec,
        uri: &'a str,
        call: Call,
    ) -> BoxFuture<'a, Result<ReadResourceResult, ErrorData>>;

    /// Completes an argument of a prompt or resource template.
    fn complete(
        &self,
        _request: CompleteRequestParams,
        _call: Call,
    ) -> BoxFuture<'_, Result<CompletionInfo, ErrorData>> {
        Box::pin(async { Ok(CompletionInfo::default()) })
    }

    /// All prompts.
    fn prompts(&self) -> ListPromptsResult {
        ListPromptsResult::default()
    }

    /// One prompt.
    fn prompt(
        &self,
        _request: GetPromptRequestParams,
        _call: Call,
    ) -> BoxFuture<'_, Result<GetPromptResponse, ErrorData>> {
        Box::pin(async { Err(ErrorData::method_not_found::<GetPromptRequestMethod>()) })
    }

    /// The part of a wished subscription that is served.
    fn accepted_subscriptions(&self, _wished: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        None
    }

    /// Serves one subscription until it ends.
    fn listen(&self, subscription: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>> {
        Box::pin(async move {
            subscription.cancelled().await;
            Ok(())
        })
    }

    /// Notes that the session behind `context` subscribed to `uri`, or ended that. Session-based revisions only.
    fn subscribe(
        &self,
        _uri: String,
        _on: bool,
        _context: RequestContext<RoleServer>,
    ) -> BoxFuture<'_, Result<(), ErrorData>> {
        Box::pin(async { Ok(()) })
    }
}
