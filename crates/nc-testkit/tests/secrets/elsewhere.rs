//! The life of an MCP server with another issuer, in all three ways to reach the cloud; and where each kind of secret may pass.

use std::path::{Path, PathBuf};

use nc_testkit::{
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    provisioning::Provisioning,
    tab::Tab,
    wire_record::{Passed, WireRecord},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{harvest::Secrets, search::Search};

const SCOPES: &str = "openid profile notes:read files:read";

/// What was lived.
pub(crate) struct Lived {
    /// What passed at the servers' doors.
    pub(crate) at_mcp: WireRecord,
    /// Tokens that clients presented.
    client_tokens: Vec<String>,
    /// Ids of the servers' clients at the issuer.
    servers: Vec<String>,
    folders: Vec<PathBuf>,
}

impl Lived {
    pub(crate) fn databases(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("provider.db"))
    }
}

/// Four servers: tokens of both formats that are exchanged, refresh tokens, app passwords.
pub(crate) async fn live(app: &CloudApp, folder: &Path) -> Lived {
    let mut lived = Lived {
        at_mcp: WireRecord::default(),
        client_tokens: Vec::new(),
        servers: Vec::new(),
        folders: Vec::new(),
    };
    for (name, access, format) in [
        ("signed", "token_exchange", Format::Jwt),
        ("opaque", "token_exchange", Format::Opaque),
        ("refresh", "refresh_token", Format::Jwt),
        ("password", "app_password", Format::Opaque),
    ] {
        let door = Door::new();
        let targets: &[&str] = if access == "token_exchange" { &[&app.url] } else { &[] };
        let (id, secret) = make_client(app, &door.mcp_url, targets).await;
        let settings = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
            ("NEXTCLOUD_OIDC_CLOUD_ACCESS", access),
        ];
        let data = folder.join(name);
        let mcp = ExternalApp::open_recorded(door, app, &data, &settings, &lived.at_mcp).await;
        let mcp = mcp.expect("a server");
        let both = Provisioning { cloud: app, mcp: &mcp };
        lived.servers.push(id);
        lived.folders.push(data);
        lived.client_tokens.extend(one_server(both, access, format).await);
    }
    lived
}

/// Calls that succeed and calls that fail. The clients' tokens.
async fn one_server(both: Provisioning<'_>, access: &str, format: Format) -> Vec<String> {
    let (alice, bob) = (&both.cloud.alice, &both.cloud.bob);
    let first = both.token(alice, SCOPES, format).await;
    let of_bob = both.token(bob, SCOPES, format).await;
    let read = async |token: &str| {
        let arguments = json!({ "query": "of" });
        both.mcp.call(token, "nc_notes_search_notes", arguments).await
    };
    read(&first).await;
    // A token of no use, and one in the wrong place.
    assert_eq!(both.mcp.list(&format!("{first}x")).await.status, 401);
    let misplaced = format!("/mcp?access_token={first}");
    nc_testkit::app::send(both.mcp.request("POST", &misplaced)).await;
    match access {
        "refresh_token" => {
            both.agree(&first, alice).await;
            // Somebody else with the link.
            let link = both.link(&of_bob).await;
            let page = both.at_issuer(&mut Tab::new(), &link, alice).await;
            assert_eq!(page.reply.status, 403, "{}", page.reply.text);
        }
        "app_password" => both.give_app_password(&first, alice).await,
        _ => {}
    }
    read(&first).await.structured();
    both.cloud.clock.advance(time::Duration::hours(2));
    assert_eq!(read(&first).await.status, 401, "ended");
    let second = both.token(alice, SCOPES, format).await;
    read(&second).await.structured();
    if access != "token_exchange" {
        both.tool(&second, "revoke_nextcloud_access").await;
        if access == "refresh_token" {
            both.agree(&second, alice).await;
        } else {
            both.give_app_password(&second, alice).await;
        }
        read(&second).await.structured();
    }
    vec![first, second, of_bob]
}

/// The secrets of each kind.
pub(crate) struct Kinds {
    client_tokens: Secrets,
    /// Refresh tokens of people.
    refresh_tokens: Secrets,
    /// Tokens with which the cloud is reached.
    cloud_tokens: Secrets,
    app_passwords: Secrets,
}

impl Kinds {
    pub(crate) fn of(lived: &Lived, at_cloud: &[Passed]) -> Self {
        let known = |values: Vec<String>, kind: &str| -> Secrets {
            assert!(!values.is_empty(), "no {kind} passed");
            values.into_iter().map(|value| (value, kind.to_owned())).collect()
        };
        let given = |path: &str, of_servers: bool, member: &str| -> Vec<String> {
            let answers = at_cloud.iter().filter(|passed| passed.uri.path().ends_with(path));
            let answers = answers.filter(|passed| {
                !of_servers
                    || field(passed, "client_id").is_some_and(|id| lived.servers.contains(&id))
                    || basic_user(passed).is_some_and(|id| lived.servers.contains(&id))
            });
            let bodies = answers.filter_map(|passed| serde_json::from_slice::<Value>(&passed.response_body).ok());
            bodies
                .filter_map(|body| Some(body[member].as_str()?.to_owned()))
                .collect()
        };
        Self {
            client_tokens: known(lived.client_tokens.clone(), "client's token"),
            refresh_tokens: known(given("/apps/oidc/token", true, "refresh_token"), "refresh token"),
            cloud_tokens: known(given("/apps/oidc/token", true, "access_token"), "token for the cloud"),
            app_passwords: known(given("/login/v2/poll", false, "appPassword"), "app password"),
        }
    }

    pub(crate) fn all(&self) -> Secrets {
        let all = [
            &self.client_tokens,
            &self.refresh_tokens,
            &self.cloud_tokens,
            &self.app_passwords,
        ];
        all.into_iter().flat_map(Clone::clone).collect()
    }

    /// What passed where it does not belong.
    pub(crate) fn strays(&self, at_cloud: &[Passed], at_mcp: &[Passed]) -> Vec<String> {
        let token = "/apps/oidc/token";
        let mut strays = Vec::new();
        for (secrets, allowed_at_cloud, allowed_at_mcp) in [
            (
                &self.client_tokens,
                // To the one who is asked for it, and then only to be exchanged or looked at.
                &[("answer", token), ("body", token), ("body", "/apps/oidc/introspect")][..],
                &[("authorization", "/mcp"), ("uri", "/mcp")][..],
            ),
            (
                &self.refresh_tokens,
                &[("answer", token), ("body", token), ("body", "/apps/oidc/revoke")],
                &[],
            ),
            (
                &self.cloud_tokens,
                &[("answer", token), ("authorization", ""), ("body", "/apps/oidc/revoke")],
                &[],
            ),
            (
                &self.app_passwords,
                &[("answer", "/login/v2/poll"), ("authorization", "")],
                &[],
            ),
        ] {
            let search = Search::new(secrets);
            for (door, passed, allowed) in [
                ("cloud", at_cloud, allowed_at_cloud),
                ("MCP server", at_mcp, allowed_at_mcp),
            ] {
                let mut seen = 0;
                for one in passed {
                    for (part, bytes) in parts(one) {
                        let found = search.in_bytes(&format!("{door}, {}, {part}", one.uri.path()), &bytes);
                        let path = one.uri.path();
                        let is_allowed = |(known, end): &(&str, &str)| *known == part && path.ends_with(end);
                        seen += found.len();
                        if !allowed.iter().any(is_allowed) {
                            strays.extend(found);
                        }
                    }
                }
                assert!(
                    seen > 0 || allowed.is_empty(),
                    "nothing passed at the {door}: {secrets:?}"
                );
            }
        }
        strays
    }
}

/// All that passed, by its part.
fn parts(passed: &Passed) -> Vec<(&'static str, Vec<u8>)> {
    let mut parts = vec![
        ("uri", passed.uri.to_string().into_bytes()),
        ("body", passed.request_body.to_vec()),
        ("answer", passed.response_body.to_vec()),
    ];
    for (name, value) in &passed.request_headers {
        let part = if name == "authorization" {
            "authorization"
        } else {
            "header"
        };
        parts.push((part, value.as_bytes().to_vec()));
    }
    for value in passed.response_headers.values() {
        parts.push(("answer's header", value.as_bytes().to_vec()));
    }
    parts
}

fn field(passed: &Passed, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(&passed.request_body);
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

fn basic_user(passed: &Passed) -> Option<String> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let value = passed.request_headers.get("authorization")?.to_str().ok()?;
    let pair = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.0.to_owned())
}

/// Without what apps and tools answered, which is people's own and in the cloud's database.
pub(crate) fn without_contents(passed: &[Passed]) -> Vec<Passed> {
    let has_secrets = |path: &str| path.contains("/oidc/") || path.contains("/login") || path.contains("/oauth/");
    let mut passed = passed.to_vec();
    for one in passed.iter_mut().filter(|one| !has_secrets(one.uri.path())) {
        one.request_body = bytes::Bytes::new();
        one.response_body = bytes::Bytes::new();
    }
    passed
}
