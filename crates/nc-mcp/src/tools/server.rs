//! What the cloud is and offers.

use nc_auth::Scope;
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SERVER;
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![row(
        SERVER,
        Scope::Openid,
        Hints::READ,
        "nc_get_capabilities",
        "Get Nextcloud Capabilities",
        "Shows who you are signed in as, the version of the Nextcloud and what its apps offer.",
        capabilities,
    )]
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
pub(crate) struct About {
    success: bool,
    timestamp: String,
    user_id: String,
    display_name: String,
    /// Version of the Nextcloud, such as 32.0.1.
    version: String,
    /// One entry an app, as the Nextcloud tells it.
    #[schemars(with = "serde_json::Map<String, Value>")]
    capabilities: Value,
}

async fn capabilities(context: Context, _arguments: Nothing) -> Result<About, Failure> {
    about(&context).await
}

pub(crate) async fn about(context: &Context) -> Result<About, Failure> {
    let user = context.client.user().await.or_fail()?;
    let capabilities = context.client.capabilities().await.or_fail()?;
    Ok(About {
        success: true,
        timestamp: context.timestamp(),
        user_id: user.id.clone(),
        display_name: user.display_name.clone(),
        version: capabilities.version.string.clone(),
        capabilities: Value::Object(capabilities.capabilities.clone()),
    })
}
