//! The MCP server with the embedded cloud's provider as the issuer, as a Nextcloud with the `oidc` app.

use nc_provider::admin::{Admin, ClientChange, WhichClient};
use nc_testkit::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALL: &str = "openid profile notes:read notes:write files:read files:write";

/// A cloud, the MCP server in front of it, and the server's client at the cloud.
struct Both {
    cloud: CloudApp,
    mcp: ExternalApp,
    client: (String, String),
    data: TempDir,
}

impl Both {
    async fn boot() -> Self {
        Self::boot_with(&[]).await
    }

    async fn boot_with(settings: &[(&str, &str)]) -> Self {
        let cloud = CloudApp::boot().await;
        let data = tempfile::tempdir().expect("a folder");
        let door = Door::new();
        let client = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
        let usual = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", client.0.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.1),
        ];
        let settings = [&usual, settings].concat();
        let mcp = ExternalApp::open(door, &cloud, data.path(), &settings).await;
        Self {
            cloud,
            mcp: mcp.expect("a server"),
            client,
            data,
        }
    }

    /// A token for the MCP endpoint, through the provider's pages.
    async fn token(&self, user: &TestUser, scopes: &str, format: Format) -> String {
        let client = self.cloud.client(format).await;
        let asked = [("scope", scopes), ("resource", &self.mcp.mcp_url)];
        let tokens = self.cloud.authorize(user, &client, &asked).await;
        tokens.access_token().to_owned()
    }

    async fn search(&self, token: &str) -> Reply {
        self.mcp
            .call(token, "nc_notes_search_notes", json!({ "query": "of" }))
            .await
    }

    /// What an administrator of the provider changes at the server's client.
    async fn change_client(&self, change: ClientChange) {
        let admin = Admin::new(self.cloud.provider.store(), self.cloud.provider.now(), "test");
        let changed = admin.change_client(WhichClient::Id(&self.client.0), vec![change]).await;
        changed.expect("changed");
    }
}

fn challenge(reply: &Reply) -> &str {
    reply.headers["www-authenticate"].to_str().expect("text")
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&crate::forged_tokens::decode(payload)).expect("JSON")
}

#[tokio::test]
async fn m01_m04_the_endpoint_names_the_issuer_and_itself() {
    let both = Both::boot().await;
    let reply = both.mcp.list("").await;
    assert_eq!(reply.status, 401);
    let expected = format!(
        "Bearer scope=\"calendar:read contacts:read cookbook:read deck:read files:read notes:read openid sharing:read tables:read todo:read\", resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        both.mcp.url
    );
    assert_eq!(challenge(&reply), expected);
    let path = "/.well-known/oauth-protected-resource/mcp";
    let document = send(both.mcp.request("GET", path)).await.message();
    assert_eq!(document["resource"], both.mcp.mcp_url);
    assert_eq!(document["authorization_servers"], json!([both.cloud.url]));
    assert_eq!(
        document["scopes_supported"],
        json!([
            "calendar:read",
            "contacts:read",
            "cookbook:read",
            "deck:read",
            "files:read",
            "notes:read",
            "openid",
            "sharing:read",
            "tables:read",
            "todo:read"
        ])
    );
    assert!(
        document.get("dpop_signing_alg_values_supported").is_none(),
        "{document}"
    );
}

#[tokio::test]
async fn m13_r_f9_tools_work_with_another_token_than_the_clients() {
    let both = Both::boot().await;
    for format in [Format::Jwt, Format::Opaque] {
        let token = both.token(&both.cloud.alice, ALL, format).await;
        both.mcp.recorder.take();
        let arguments = json!({ "title": "New", "content": "text", "category": "" });
        both.mcp
            .call(&token, "nc_notes_create_note", arguments)
            .await
            .structured();
        both.mcp
            .call(&token, "nc_webdav_list_directory", json!({}))
            .await
            .structured();
        let sent = both.mcp.recorder.take();
        assert!(!sent.is_empty());
        let mut credentials = Vec::new();
        for request in sent {
            assert!(!format!("{:?} {}", request.headers, request.path).contains(&token));
            assert_eq!(request.headers["ocs-apirequest"], "true");
            let Some(value) = request.headers.get("authorization") else {
                continue;
            };
            let value = String::from_utf8(value.as_bytes().to_vec()).expect("text");
            if !credentials.contains(&value) {
                credentials.push(value);
            }
        }
        assert_eq!(credentials.len(), 1, "one exchange serves all calls");
        let exchanged = credentials[0].strip_prefix("Bearer ").expect("a Bearer token");
        // The client's token opens the MCP endpoint only, the exchanged one the cloud only.
        assert_eq!(both.mcp.list(exchanged).await.status, 401);
        let of_client = format!("Bearer {token}");
        assert_eq!(both.cloud.status("GET", crate::tokens::NOTES, &of_client).await, 401);
        if exchanged.contains('.') {
            assert_eq!(payload(exchanged)["aud"], both.cloud.url);
        }
    }
}

#[tokio::test]
async fn m02_m03_the_scopes_of_the_token_hold() {
    let both = Both::boot().await;
    let reading = both.token(&both.cloud.alice, "openid notes:read", Format::Jwt).await;
    let listed = both.mcp.list(&reading).await.result().to_string();
    assert!(
        listed.contains("nc_notes_get_note") && !listed.contains("nc_notes_create_note"),
        "{listed}"
    );
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    let reply = both.mcp.call(&reading, "nc_notes_create_note", arguments).await;
    assert_eq!(reply.status, 403);
    assert!(
        challenge(&reply).contains(r#"scope="notes:read notes:write openid""#),
        "{reply:?}"
    );
}

#[tokio::test]
async fn m21_two_people_at_one_server_see_their_own() {
    let both = Both::boot().await;
    let alice = both.token(&both.cloud.alice, ALL, Format::Jwt).await;
    let bob = both.token(&both.cloud.bob, ALL, Format::Opaque).await;
    for (token, title) in [(&alice, "of alice"), (&bob, "of bob")] {
        let arguments = json!({ "title": title, "content": title, "category": "" });
        both.mcp
            .call(token, "nc_notes_create_note", arguments)
            .await
            .structured();
    }
    for _ in 0..10 {
        let (of_alice, of_bob) = tokio::join!(both.search(&alice), both.search(&bob));
        let (of_alice, of_bob) = (of_alice.structured().to_string(), of_bob.structured().to_string());
        assert!(
            of_alice.contains("of alice") && !of_alice.contains("of bob"),
            "{of_alice}"
        );
        assert!(of_bob.contains("of bob") && !of_bob.contains("of alice"), "{of_bob}");
    }
}

#[tokio::test]
async fn m19_a_revoked_token_is_refused_within_a_minute() {
    let both = Both::boot().await;
    let token = both.token(&both.cloud.alice, ALL, Format::Opaque).await;
    assert_eq!(both.search(&token).await.status, 200);
    let client = both.cloud.client(Format::Opaque).await;
    let form = [("token", token.as_str()), ("client_id", &client)];
    let revoked = send(both.cloud.request("POST", "/apps/oidc/revoke").form(&form)).await;
    assert_eq!(revoked.status, 200);
    both.cloud.clock.advance(time::Duration::seconds(61));
    let reply = both.search(&token).await;
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(challenge(&reply).contains("invalid_token"), "{reply:?}");
}

#[tokio::test]
async fn an_expired_token_is_refused_although_an_exchanged_one_is_known() {
    for format in [Format::Jwt, Format::Opaque] {
        let both = Both::boot().await;
        let token = both.token(&both.cloud.alice, ALL, format).await;
        assert_eq!(both.search(&token).await.status, 200);
        both.cloud.clock.advance(time::Duration::hours(2));
        assert_eq!(both.search(&token).await.status, 401);
    }
}

#[tokio::test]
async fn an_exchange_that_the_issuer_does_not_allow_is_the_administrators_to_mend() {
    let both = Both::boot().await;
    let token = both.token(&both.cloud.alice, ALL, Format::Jwt).await;
    both.change_client(ClientChange::ExchangeTargets(Vec::new())).await;
    let reply = both.search(&token).await;
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(reply.text.contains("NEXTCLOUD_RESOURCE_URI"), "{}", reply.text);
    both.change_client(ClientChange::ExchangeTargets(vec![both.cloud.url.clone()]))
        .await;
    assert_eq!(both.search(&token).await.status, 200);
    // The server's client is stopped: its secret is no longer good.
    let other = both.token(&both.cloud.bob, ALL, Format::Jwt).await;
    both.change_client(ClientChange::Disabled(true)).await;
    let reply = both.search(&other).await;
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(!reply.text.contains(&both.client.1));
}

#[tokio::test]
async fn a_token_for_something_else_is_refused_by_either_way() {
    let both = Both::boot().await;
    for format in [Format::Jwt, Format::Opaque] {
        let for_the_cloud = both.cloud.token_of(&both.cloud.alice, ALL, format).await;
        let reply = both.mcp.list(for_the_cloud.access_token()).await;
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(challenge(&reply).contains("invalid_token"));
    }
}

#[tokio::test]
async fn a_token_that_the_cloud_takes_no_more_is_replaced() {
    let both = Both::boot().await;
    let token = both.token(&both.cloud.alice, ALL, Format::Jwt).await;
    assert_eq!(both.search(&token).await.status, 200);
    let exchanged = both
        .mcp
        .recorder
        .take()
        .iter()
        .find_map(|sent| Some(sent.headers.get("authorization")?.to_str().ok()?.to_owned()))
        .expect("a credential");
    let exchanged = exchanged.strip_prefix("Bearer ").expect("a Bearer token").to_owned();
    let form = [
        ("token", exchanged.as_str()),
        ("client_id", &both.client.0),
        ("client_secret", &both.client.1),
    ];
    let revoked = send(both.cloud.request("POST", "/apps/oidc/revoke").form(&form)).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    let failed = both.search(&token).await;
    assert!(failed.error_text().contains("unauthorized"), "{failed:?}");
    both.search(&token).await.structured();
}

#[tokio::test]
async fn no_secret_of_the_exchange_is_written_down() {
    let both = Both::boot().await;
    let token = both.token(&both.cloud.alice, ALL, Format::Opaque).await;
    assert_eq!(both.search(&token).await.status, 200);
    for entry in std::fs::read_dir(both.data.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("readable");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&token) && !text.contains(&both.client.1));
    }
}

#[tokio::test]
async fn e05_scopes_of_more_tools_show_in_metadata_challenge_and_refusal_by_themselves() {
    let cases = [
        ("notes,server", json!(["notes:read", "openid"])),
        ("notes,server,webdav", json!(["files:read", "notes:read", "openid"])),
    ];
    for (apps, scopes) in cases {
        let both = Both::boot_with(&[("MCP_ENABLED_APPS", apps)]).await;
        let path = "/.well-known/oauth-protected-resource/mcp";
        let document = send(both.mcp.request("GET", path)).await.message();
        assert_eq!(document["scopes_supported"], scopes, "{apps}");
        let words: Vec<&str> = scopes
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let expected = format!("scope=\"{}\"", words.join(" "));
        let reply = both.mcp.list("").await;
        assert!(challenge(&reply).contains(&expected), "{apps}: {reply:?}");
        let reading = both.token(&both.cloud.alice, "openid notes:read", Format::Jwt).await;
        let reply = both
            .mcp
            .call(&reading, "nc_webdav_read_file", json!({ "path": "a" }))
            .await;
        if apps.contains("webdav") {
            assert_eq!(reply.status, 403);
            assert!(
                challenge(&reply).contains(r#"scope="files:read notes:read openid""#),
                "{reply:?}"
            );
        } else {
            assert!(
                reply.message().get("error").is_some(),
                "there is no such tool: {reply:?}"
            );
        }
    }
}
