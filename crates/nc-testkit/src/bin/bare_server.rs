//! The best that a user of the SDK gets: tools that do nothing, one router, no sessions, JSON answers, no Nagle.
//!
//! Its tools are named and described like those of the server it is compared with, so lists have the same size.
//! Each option takes one of these good choices back, to show what it is worth.

use std::{io::Write as _, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use axum::{Router, serve::ListenerExt as _};
use clap::Parser;
use rmcp::{
    RoleServer, ServerHandler,
    handler::server::{
        router::tool::{ToolRoute, ToolRouter},
        tool::ToolCallContext,
    },
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService, streamable_http_server::session::never::NeverSessionManager,
    },
};
use tokio::net::TcpListener;

#[derive(Parser)]
struct Options {
    /// A JSON file with the tools, as in the result of `tools/list`.
    #[arg(long)]
    tools: PathBuf,
    /// Answers as event streams.
    #[arg(long)]
    streams: bool,
    /// Leaves Nagle's algorithm on.
    #[arg(long)]
    nagle: bool,
    /// Builds the router anew for each request, as the SDK's macros do if nothing else is said.
    #[arg(long)]
    router_per_call: bool,
}

#[derive(Clone)]
struct Bare {
    definitions: Arc<Vec<Tool>>,
    router: Option<Arc<ToolRouter<Self>>>,
}

impl Bare {
    fn router(&self) -> Arc<ToolRouter<Self>> {
        self.router
            .clone()
            .unwrap_or_else(|| Arc::new(build(&self.definitions)))
    }
}

fn build(definitions: &[Tool]) -> ToolRouter<Bare> {
    definitions.iter().fold(ToolRouter::new(), |router, tool| {
        router.with_route(ToolRoute::new_dyn(tool.clone(), |_| {
            Box::pin(async { Ok(CallToolResult::success(vec![ContentBlock::text("ok")]).into()) })
        }))
    })
}

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.router().get(name).cloned()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.router().list_all()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.router().call(ToolCallContext::new(self, request, context)).await
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let tools = std::fs::read(&options.tools).context("the list of tools")?;
    let definitions: Arc<Vec<Tool>> = Arc::new(serde_json::from_slice(&tools).context("the list of tools")?);
    let router = (!options.router_per_call).then(|| Arc::new(build(&definitions)));
    let bare = Bare { definitions, router };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(!options.streams);
    let service = StreamableHttpService::new(
        move || Ok(bare.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let application = Router::new().nest_service("/mcp", service);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let ready = serde_json::json!({ "mcp_url": format!("http://{}/mcp", listener.local_addr()?) });
    writeln!(std::io::stdout(), "{ready}")?;
    if options.nagle {
        axum::serve(listener, application).await?;
    } else {
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, application).await?;
    }
    Ok(())
}
