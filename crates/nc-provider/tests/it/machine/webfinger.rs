//! Which provider somebody has.

use http::StatusCode;
use nc_provider::Role;

use super::world::World;

#[tokio::test]
async fn w01_a_foreign_host_is_not_found_and_a_resource_is_needed() {
    let world = World::new(Role::Cloud).await;
    let get = async |query: &str| world.get(&format!("/.well-known/webfinger{query}")).await;
    for foreign in [
        "acct:ann@other.example",
        "ann@other.example",
        "https://other.example/ann",
        "acct:ann@cloud.example:444",
    ] {
        assert_eq!(
            get(&format!("?resource={foreign}")).await.status,
            StatusCode::NOT_FOUND,
            "{foreign}"
        );
    }
    for bad in [
        "",
        "?",
        "?rel=x",
        "?resource=",
        "?resource=acct:",
        "?resource=%zz",
        "?resource=a@cloud.example&resource=b@cloud.example",
    ] {
        assert_eq!(get(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn w01_the_answer_does_not_tell_whether_the_account_exists() {
    let world = World::new(Role::Cloud).await;
    let get = async |query: &str| world.get(&format!("/.well-known/webfinger?{query}")).await;
    let known = get("resource=acct:ann@cloud.example").await;
    assert_eq!(known.header("content-type"), Some("application/jrd+json"));
    assert_eq!(known.json()["links"][0]["href"], "https://cloud.example");
    let unknown = get("resource=acct:zoe@cloud.example").await;
    assert_eq!(unknown.text(), known.text().replace("ann", "zoe"));
    let issuer = "rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer";
    let filtered = get(&format!("resource=acct:ann@cloud.example&rel=other&{issuer}")).await;
    assert_eq!(filtered.json(), known.json());
    let none = get("resource=acct:ann@cloud.example&rel=other").await;
    assert_eq!(none.json()["links"], serde_json::json!([]));
}

#[tokio::test]
async fn the_mcp_server_has_no_webfinger() {
    let world = World::new(Role::McpServer).await;
    let answer = world.get("/.well-known/webfinger?resource=acct:ann@mcp.example").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
