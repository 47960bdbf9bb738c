use std::{borrow::Cow, collections::BTreeSet, sync::Arc, time::Duration};

use nc_auth::{Caller, ScopeSet};
use rmcp::{
    RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
        CustomResult, DiscoverResult, ErrorCode, ErrorData, GetPromptRequestParams, GetPromptResponse,
        ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        MetaObject, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
        ServerCapabilities, ServerConfig, SetLevelRequestMethod, SubscribeRequestMethod, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestMethod, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use crate::{
    Backend, Call, Failure, Limit, Observer, PROTOCOL_VERSIONS, Progress, ToolError, arguments,
    observe::{Reading, Running},
    paging,
};

/// Clients give up after 30 to 60 seconds, so no call takes longer than this.
const DEADLINE: Duration = Duration::from_secs(50);
/// Lists may be kept for five minutes; capabilities are asked as often.
const LIST_TTL_MS: u64 = 300_000;

/// The protocol over a backend. Cheap to clone: one for each request.
#[derive(Clone)]
pub struct Handler {
    backend: Arc<dyn Backend>,
    /// The one user of a stdio server. Over HTTP the caller comes with each request, and only from there.
    only_caller: Option<Caller>,
    observer: Option<Arc<dyn Observer>>,
    limit: Option<Arc<dyn Limit>>,
    /// The implementation as JSON, for the metadata of results.
    server_info: serde_json::Value,
}

impl Handler {
    /// A handler whose callers come with the requests.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        let server_info = serde_json::to_value(backend.implementation()).unwrap_or_default();
        Self {
            backend,
            only_caller: None,
            observer: None,
            limit: None,
            server_info,
        }
    }

    /// A handler for one user, over a transport that knows no credentials.
    pub fn for_one(backend: Arc<dyn Backend>, caller: Caller) -> Self {
        Self {
            only_caller: Some(caller),
            ..Self::new(backend)
        }
    }

    /// The same, with somebody who is told about each call that comes over a transport.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same over HTTP with a limit of calls.
    #[must_use]
    pub fn limited_by(self, limit: Arc<dyn Limit>) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    pub(crate) const fn limit(&self) -> Option<&Arc<dyn Limit>> {
        self.limit.as_ref()
    }

    pub(crate) const fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.observer.as_ref()
    }

    /// The backend.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let from_request = context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Caller>())
            .cloned();
        from_request.or_else(|| self.only_caller.clone()).ok_or_else(|| {
            // A request that reached this place without a caller went past the gate: deny, and say so in the log.
            tracing::error!("request without a caller");
            ErrorData::invalid_request("not signed in", None)
        })
    }

    fn call_for(&self, context: RequestContext<RoleServer>) -> Result<Call, ErrorData> {
        Ok(Call {
            caller: self.caller(&context)?,
            progress: Progress::to(context.peer.clone(), context.meta.get_progress_token()),
            cancelled: context.ct.clone(),
            context: Some(context),
            input_responses: None,
            request_state: None,
        })
    }

    /// Runs the tool `name` as `call.caller`: the path that every transport and the command line share.
    ///
    /// # Errors
    /// [`Failure`] for unknown tools, missing scopes, unusable arguments and what the backend reports.
    pub async fn run(
        &self,
        name: &str,
        call: Call,
        arguments: rmcp::model::JsonObject,
    ) -> Result<CallToolResponse, Failure> {
        let table = self.backend.tools();
        let index = table
            .find(name)
            .ok_or_else(|| ErrorData::invalid_params(format!("unknown tool `{}`", shortened(name)), None))?;
        let spec = &table.specs()[index];
        let missing = call.caller.grants.missing(spec.scopes);
        if !missing.is_empty() {
            return Err(insufficient_scope(missing).into());
        }
        let arguments = arguments::check(&spec.input, arguments)?;
        let cancelled = call.cancelled.clone();
        if spec.hints.read_only {
            let work = self.backend.call(index, call, arguments);
            tokio::select! {
                result = tokio::time::timeout(DEADLINE, work) => result.unwrap_or_else(|_| Err(too_slow().into())),
                () = cancelled.cancelled() => Err(ToolError::new("cancelled", "the call was cancelled").into()),
            }
        } else {
            // A write that has begun runs to its end, whoever has stopped listening: it is not told of a cancellation, and
            // it stays in this task, because the SDK ties messages to the request by the task.
            tokio::time::timeout(DEADLINE, self.backend.call(index, call, arguments))
                .await
                .unwrap_or_else(|_| Err(outcome_unknown().into()))
        }
    }

    async fn hidden(&self, caller: &Caller) -> Arc<BTreeSet<&'static str>> {
        self.backend.missing_capabilities(caller).await
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

fn insufficient_scope(missing: ScopeSet) -> ToolError {
    ToolError::new(
        "insufficient_scope",
        format!("this needs the scope {missing}, which was not granted"),
    )
}

fn too_slow() -> ToolError {
    ToolError::new("timeout", "the cloud took too long; ask for less at once, or try again")
}

fn outcome_unknown() -> ToolError {
    ToolError::new(
        "outcome_unknown",
        "the cloud has not answered in time; read the object before you repeat the change",
    )
}

pub(crate) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

#[expect(
    deprecated,
    reason = "logging is served to clients of the older revisions where a backend offers it"
)]
impl ServerHandler for Handler {
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(PROTOCOL_VERSIONS)
    }

    fn get_info(&self) -> ServerConfig {
        let features = self.backend.features();
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_completions()
            .build();
        capabilities.tools = Some(list_changed(features.list_changed));
        if !self.backend.resources().is_empty() {
            let mut resources = rmcp::model::ResourcesCapability::default();
            resources.subscribe = features.subscriptions.then_some(true);
            resources.list_changed = features.list_changed.then_some(true);
            capabilities.resources = Some(resources);
        }
        if features.prompts {
            let mut prompts = rmcp::model::PromptsCapability::default();
            prompts.list_changed = features.list_changed.then_some(true);
            capabilities.prompts = Some(prompts);
        }
        if features.logging {
            capabilities.logging = Some(rmcp::model::JsonObject::new());
        }
        let info = ServerConfig::new(capabilities).with_server_info(self.backend.implementation());
        match self.backend.instructions() {
            Some(instructions) => info.with_instructions(instructions),
            None => info,
        }
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut result = DiscoverResult::from_server_info(PROTOCOL_VERSIONS.to_vec(), self.get_info());
        result.ttl_ms = LIST_TTL_MS;
        result.cache_scope = CacheScope::Private;
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&context)?;
        let hidden = self.hidden(&caller).await;
        let everything = self.backend.lists_everything();
        let table = self.backend.tools();
        let tools: Vec<Tool> = table
            .specs()
            .iter()
            .zip(table.definitions())
            .filter(|(spec, _)| {
                (everything || caller.grants.allow(spec.scopes))
                    && spec.capability.is_none_or(|key| !hidden.contains(key))
            })
            .map(|(_, definition)| definition.clone())
            .collect();
        let cursor = request.and_then(|request| request.cursor);
        let (tools, next_cursor) = paging::page(tools, cursor.as_deref(), paging::PAGE_SIZE)?;
        let mut result = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let table = self.backend.tools();
        table.find(name).map(|index| table.definitions()[index].clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let modern = is_modern(&context);
        let mut call = self.call_for(context)?;
        call.input_responses = request.input_responses;
        call.request_state = request.request_state;
        let arguments = request.arguments.unwrap_or_default();
        let spec = self.backend.tools().find_spec(&request.name);
        let running = Running::begin(self.observer.as_ref(), &call.caller, spec, &arguments);
        let result = self.run(&request.name, call, arguments).await;
        running.end(&result);
        let mut response = result.or_else(Failure::into_response)?;
        if modern && let CallToolResponse::Complete(result) = &mut response {
            let meta = result.meta.get_or_insert_with(MetaObject::new);
            meta.0.insert(
                "io.modelcontextprotocol/serverInfo".to_owned(),
                self.server_info.clone(),
            );
        }
        Ok(response)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let caller = self.caller(&context)?;
        let hidden = self.hidden(&caller).await;
        let items = visible(&*self.backend, &caller, &hidden)
            .filter(|spec| !spec.is_template())
            .map(crate::ResourceSpec::as_resource)
            .collect();
        let cursor = request.and_then(|request| request.cursor);
        let (items, next_cursor) = paging::page(items, cursor.as_deref(), paging::PAGE_SIZE)?;
        let mut result = ListResourcesResult::with_all_items(items)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let caller = self.caller(&context)?;
        let hidden = self.hidden(&caller).await;
        let items = visible(&*self.backend, &caller, &hidden)
            .filter(|spec| spec.is_template())
            .map(crate::ResourceSpec::as_template)
            .collect();
        let cursor = request.and_then(|request| request.cursor);
        let (items, next_cursor) = paging::page(items, cursor.as_deref(), paging::PAGE_SIZE)?;
        let mut result = ListResourceTemplatesResult::with_all_items(items)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let call = self.call_for(context)?;
        let spec = self
            .backend
            .resources()
            .iter()
            .find(|spec| spec.matches(&request.uri).is_some())
            .ok_or_else(|| {
                let data = serde_json::json!({ "uri": request.uri });
                ErrorData::resource_not_found(format!("no resource {}", shortened(&request.uri)), Some(data))
            })?;
        let reading = Reading::begin(self.observer.as_ref(), &call.caller, spec.name);
        let missing = call.caller.grants.missing(spec.scopes);
        if !missing.is_empty() {
            reading.end("insufficient_scope");
            return Err(ErrorData::invalid_params(insufficient_scope(missing).to_string(), None));
        }
        let cancelled = call.cancelled.clone();
        let work = self.backend.read(spec, &request.uri, call);
        let result = tokio::select! {
            result = tokio::time::timeout(DEADLINE, work) => {
                result.unwrap_or_else(|_| Err(ErrorData::internal_error(too_slow().to_string(), None)))
            }
            () = cancelled.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        };
        metrics::counter!("mcp_resource_requests_total", "resource" => spec.name, "status" => if result.is_ok() { "success" } else { "error" })
            .increment(1);
        reading.end(if result.is_ok() { "ok" } else { "failed" });
        Ok(result?.with_ttl_ms(0).with_cache_scope(CacheScope::Private).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let call = self.call_for(context)?;
        if let rmcp::model::Reference::Resource(reference) = &request.r#ref {
            let known = self.backend.resources().iter().find(|spec| spec.uri == reference.uri);
            // Values of a family are as private as its members.
            if known.is_none_or(|spec| !call.caller.grants.allow(spec.scopes)) {
                return Ok(CompleteResult::default());
            }
        }
        Ok(CompleteResult::new(self.backend.complete(request, call).await?))
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.caller(&context)?;
        if !self.backend.features().prompts {
            return Err(ErrorData::method_not_found::<ListPromptsRequestMethod>());
        }
        Ok(self
            .backend
            .prompts()
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let mut call = self.call_for(context)?;
        call.input_responses.clone_from(&request.input_responses);
        call.request_state.clone_from(&request.request_state);
        self.backend.prompt(request, call).await
    }

    async fn set_level(
        &self,
        _request: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.caller(&context)?;
        if self.backend.features().logging {
            Ok(())
        } else {
            Err(ErrorData::method_not_found::<SetLevelRequestMethod>())
        }
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.backend.accepted_subscriptions(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.backend.listen(context).await
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.caller(&context)?;
        if !self.backend.features().subscriptions {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        self.backend.subscribe(request.uri, true, context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.caller(&context)?;
        if !self.backend.features().subscriptions {
            return Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>());
        }
        self.backend.subscribe(request.uri, false, context).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(ErrorData::new(
            ErrorCode::METHOD_NOT_FOUND,
            format!("unknown method `{}`", shortened(&request.method)),
            None,
        ))
    }

    async fn on_initialized(&self, _context: NotificationContext<RoleServer>) {}
}

fn list_changed(on: bool) -> rmcp::model::ToolsCapability {
    let mut tools = rmcp::model::ToolsCapability::default();
    tools.list_changed = on.then_some(true);
    tools
}

fn visible<'a>(
    backend: &'a dyn Backend,
    caller: &'a Caller,
    hidden: &'a BTreeSet<&'static str>,
) -> impl Iterator<Item = &'a crate::ResourceSpec> {
    let everything = backend.lists_everything();
    backend.resources().iter().filter(move |spec| {
        (everything || caller.grants.allow(spec.scopes)) && spec.capability.is_none_or(|key| !hidden.contains(key))
    })
}
