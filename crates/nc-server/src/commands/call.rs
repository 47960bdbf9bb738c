//! `call`: one tool from the shell, by the same path as over the protocol.

use std::io::Read;

use anyhow::{Context as _, anyhow};
use nc_mcp_kit::{Call, Failure, Handler};
use std::sync::Arc;

use nc_proto::clock::Clock;
use rmcp::model::{CallToolResponse, JsonObject};

use super::{OrFail, Setting, Trouble, connect, output};
use crate::{app, cli::CallTool};

pub(crate) async fn run(setting: Setting, arguments: CallTool) -> Result<(), Trouble> {
    let object = read_object(&arguments.arguments)?;
    let setting = connect::with_kept_login(setting)?;
    let cloud = connect::nextcloud(&setting.config)?;
    let caller = app::configured_caller(&setting.config)?;
    let handler = Handler::new(Arc::new(app::assistant(&setting.config, cloud, Clock::system())));
    match handler.run(&arguments.tool, Call::local(caller), object).await {
        Ok(CallToolResponse::Complete(result)) => {
            let value = result.structured_content.unwrap_or_default();
            output::data(&serde_json::to_string_pretty(&value).or_fail()?).or_fail()
        }
        Ok(_) | Err(Failure::InputRequired(_)) => Err(Trouble::Failure(anyhow!(
            "this tool needs to ask you something, which only works in an MCP client"
        ))),
        Err(Failure::Tool(error)) => Err(Trouble::Failure(anyhow!("{error}"))),
        Err(Failure::Protocol(error)) => Err(Trouble::Usage(format!(
            "{}; `nextcloud-mcp tools` lists them",
            error.message
        ))),
        Err(Failure::Internal(cause)) => Err(Trouble::Failure(anyhow!(cause))),
    }
}

fn read_object(text: &str) -> Result<JsonObject, Trouble> {
    let text = if text == "-" {
        let mut all = String::new();
        std::io::stdin()
            .read_to_string(&mut all)
            .context("standard input")
            .or_fail()?;
        all
    } else {
        text.to_owned()
    };
    serde_json::from_str(&text).map_err(|error| {
        Trouble::Usage(format!(
            "the arguments must be one JSON object, such as '{{\"path\": \"/\"}}': {error}"
        ))
    })
}
