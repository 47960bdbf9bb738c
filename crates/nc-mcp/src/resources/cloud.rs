//! What the cloud is and can do.

use nc_auth::{Scope, ScopeSet};
use nc_mcp_kit::ResourceSpec;
use rmcp::model::{ErrorData, ResourceContents};

use super::Asked;
use crate::tools::{SERVER, server};

pub(super) fn specs() -> Vec<ResourceSpec> {
    vec![ResourceSpec {
        uri: "nc://capabilities",
        name: "nc_get_capabilities",
        title: "Nextcloud Capabilities",
        description: "Who you are signed in as, the version of the Nextcloud and what its apps offer.",
        mime_type: "application/json",
        app: SERVER.name,
        capability: SERVER.capability,
        scopes: ScopeSet::EMPTY.with(Scope::Openid),
    }]
}

pub(super) async fn read(asked: Asked<'_>) -> Result<ResourceContents, ErrorData> {
    asked.json(server::about(asked.context).await)
}
