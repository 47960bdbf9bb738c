use nc_auth::ScopeSet;
use nc_mcp_kit::ResourceSpec;
use rmcp::model::{ReadResourceResult, ResourceContents};
use serde_json::json;

use super::content::PNG;

pub(super) fn specs() -> Vec<ResourceSpec> {
    let rows = [
        ("test://static-text", "static-text", "Static text", "text/plain"),
        ("test://static-binary", "static-binary", "Static image", "image/png"),
        (
            "test://watched-resource",
            "watched-resource",
            "Watched text",
            "text/plain",
        ),
        (
            "test://template/{id}/data",
            "template-data",
            "Data by id",
            "application/json",
        ),
    ];
    rows.map(|(uri, name, title, mime_type)| ResourceSpec {
        uri,
        name,
        title,
        description: title,
        mime_type,
        app: "conformance",
        capability: None,
        scopes: ScopeSet::EMPTY,
    })
    .into()
}

pub(super) fn read(uri: &str) -> ReadResourceResult {
    let contents = match uri {
        "test://static-binary" => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
        "test://static-text" => {
            ResourceContents::text("This is the content of the static text resource.", uri).with_mime_type("text/plain")
        }
        "test://watched-resource" => ResourceContents::text("Watched.", uri).with_mime_type("text/plain"),
        _ => {
            let id = uri.trim_start_matches("test://template/").trim_end_matches("/data");
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
        }
    };
    ReadResourceResult::new(vec![contents])
}
