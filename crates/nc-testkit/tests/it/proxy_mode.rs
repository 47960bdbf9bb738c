//! The MCP server's own authorization server, with people who sign in at an issuer elsewhere: the embedded cloud's provider,
//! which is treated as one that cannot make tokens for others.

use nc_proto::oauth::pkce::Challenge;
use nc_testkit::{
    app::{Reply, TestUser, send},
    browser::Form,
    cloud_app::{CloudApp, Format, REDIRECT},
    external_app::{Door, ExternalApp, make_client},
    tab::{Page, Tab},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SCOPES: &str = "openid notes:read notes:write";

struct Three {
    cloud: CloudApp,
    mcp: ExternalApp,
    _data: TempDir,
}

fn is_answer(url: &Url) -> bool {
    url.as_str().starts_with(REDIRECT)
}

impl Three {
    async fn boot(access: &str) -> Self {
        let cloud = CloudApp::boot().await;
        let data = tempfile::tempdir().expect("a folder");
        let door = Door::new();
        let client = make_client(&cloud, &door.mcp_url, &[]).await;
        let settings = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", client.0.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.1),
            ("NEXTCLOUD_OIDC_PROXY", "true"),
            ("NEXTCLOUD_OIDC_CLOUD_ACCESS", access),
            ("NEXTCLOUD_OIDC_SCOPES", "notes:read notes:write files:read files:write"),
            ("NEXTCLOUD_RESOURCE_URI", &cloud.url),
        ];
        let mcp = ExternalApp::open(door, &cloud, data.path(), &settings).await;
        Self {
            mcp: mcp.expect("a server"),
            cloud,
            _data: data,
        }
    }

    /// A program that registers itself; its id.
    async fn register(&self, name: &str) -> String {
        let body = json!({
            "client_name": name, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        let reply = send(self.mcp.request("POST", "/oauth/register").json(&body)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.message()["client_id"].as_str().expect("an id").to_owned()
    }

    fn authorization(&self, client: &str) -> String {
        let mut url = Url::parse(&format!("{}/oauth/authorize", self.mcp.url)).expect("an address");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("state", "of-the-client")
            .append_pair("scope", SCOPES)
            .append_pair("code_challenge", Challenge::of(VERIFIER).value())
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &self.mcp.mcp_url);
        url.into()
    }

    /// From the request to the page of this server that asks for consent, through the issuer.
    async fn consent_page(&self, tab: &mut Tab, client: &str, user: &TestUser) -> Page {
        let mut page = tab.open("GET", &self.authorization(client), None).await;
        for _ in 0..6 {
            if page.at.as_str().starts_with(&self.mcp.url) && page.at.path().ends_with("/consent") {
                return page;
            }
            page = tab.submit(&page, user).await;
        }
        panic!("no consent: {} {}", page.at, page.reply.text);
    }

    async fn allow(&self, tab: &mut Tab, page: &Page, user: &TestUser) -> String {
        let there = tab.submit_until(page, user, is_answer).await;
        assert!(is_answer(&there.at), "{}", there.reply.text);
        let code = there.at.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("no code: {}", there.at)).1.into_owned()
    }

    async fn redeem(&self, client: &str, code: &str) -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", client),
            ("code_verifier", VERIFIER),
            ("resource", &self.mcp.mcp_url),
        ];
        let reply = send(self.mcp.request("POST", "/oauth/token").form(&form)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.message()
    }

    async fn token(&self, user: &TestUser) -> String {
        let client = self.register("Pocket Notes").await;
        let mut tab = Tab::new();
        let page = self.consent_page(&mut tab, &client, user).await;
        let code = self.allow(&mut tab, &page, user).await;
        let tokens = self.redeem(&client, &code).await;
        tokens["access_token"].as_str().expect("a token").to_owned()
    }

    async fn search(&self, token: &str) -> Reply {
        let arguments = json!({ "query": "of" });
        self.mcp.call(token, "nc_notes_search_notes", arguments).await
    }
}

#[tokio::test]
async fn a_person_signs_in_at_the_issuer_and_the_client_gets_tokens_of_this_server() {
    let three = Three::boot("refresh_token").await;
    let path = "/.well-known/oauth-protected-resource/mcp";
    let document = send(three.mcp.request("GET", path)).await.message();
    assert_eq!(document["authorization_servers"], json!([three.mcp.url]));
    let client = three.register("Pocket Notes").await;
    let mut tab = Tab::new();
    // A page of this server names the client before the browser leaves.
    let first = tab.open("GET", &three.authorization(&client), None).await;
    assert!(first.at.as_str().starts_with(&three.mcp.url), "{}", first.at);
    assert!(first.reply.text.contains("Pocket Notes"), "{}", first.reply.text);
    let page = three.consent_page(&mut tab, &client, &three.cloud.alice).await;
    assert!(page.reply.text.contains("Pocket Notes"), "{}", page.reply.text);
    let code = three.allow(&mut tab, &page, &three.cloud.alice).await;
    let tokens = three.redeem(&client, &code).await;
    let token = tokens["access_token"].as_str().expect("a token");
    three.mcp.recorder.take();
    three.search(token).await.structured();
    let sent = three.mcp.recorder.take();
    let used: Vec<&str> = sent
        .iter()
        .filter_map(|sent| sent.headers.get("authorization")?.to_str().ok())
        .collect();
    assert!(
        !used.is_empty()
            && used
                .iter()
                .all(|used| used.starts_with("Bearer ") && !used.contains(token))
    );
    // What the issuer gave opens nothing here, and the client never saw it.
    let of_issuer = used[0].trim_start_matches("Bearer ");
    assert_eq!(three.mcp.list(of_issuer).await.status, 401);
    assert!(!tokens.to_string().contains(of_issuer));
    // It goes on with the client's refresh token.
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", &client),
    ];
    let again = send(three.mcp.request("POST", "/oauth/token").form(&form))
        .await
        .message();
    let again = again["access_token"].as_str().expect("a token");
    three.cloud.clock.advance(time::Duration::seconds(1));
    three.search(again).await.structured();
}

#[tokio::test]
async fn tokens_of_the_issuer_are_not_taken_where_this_server_makes_its_own() {
    let three = Three::boot("refresh_token").await;
    let client = three.cloud.client(Format::Jwt).await;
    let asked = [("scope", SCOPES), ("resource", &*three.mcp.mcp_url)];
    let tokens = three.cloud.authorize(&three.cloud.alice, &client, &asked).await;
    assert_eq!(three.mcp.list(tokens.access_token()).await.status, 401);
}

#[tokio::test]
async fn every_client_is_agreed_to_by_its_name_also_when_the_issuer_asks_nobody() {
    let three = Three::boot("refresh_token").await;
    let one = three.register("First").await;
    let mut tab = Tab::new();
    let page = three.consent_page(&mut tab, &one, &three.cloud.alice).await;
    three.allow(&mut tab, &page, &three.cloud.alice).await;
    // Signed in at both already: another client still gets nothing without a click on a page that names it.
    let other = three.register("Second").await;
    let page = tab.open("GET", &three.authorization(&other), None).await;
    assert!(
        !is_answer(&page.at) && page.reply.text.contains("Second"),
        "{}",
        page.reply.text
    );
    // And for another person of this browser nothing is taken for granted.
    let mut bobs = Tab::new();
    let page = three.consent_page(&mut bobs, &one, &three.cloud.bob).await;
    assert!(page.reply.text.contains("First"), "{}", page.reply.text);
}

#[tokio::test]
async fn m07_an_answer_of_the_issuer_in_another_browser_opens_nothing() {
    let three = Three::boot("refresh_token").await;
    let client = three.register("Pocket Notes").await;
    let is_back = |url: &Url| url.path() == "/oauth/callback";
    let mut tab = Tab::new();
    let mut page = tab.open("GET", &three.authorization(&client), None).await;
    for _ in 0..5 {
        page = tab.submit_until(&page, &three.cloud.alice, is_back).await;
        if is_back(&page.at) {
            break;
        }
    }
    assert!(is_back(&page.at), "{}", page.reply.text);
    let back = page.at.clone();
    // Login CSRF: the attacker's answer in somebody else's browser, with a request of its own under way.
    let mut victim = Tab::new();
    victim.open("GET", &three.authorization(&client), None).await;
    let answer = victim.open("GET", back.as_str(), None).await;
    assert_eq!(answer.reply.status, 400, "{}", answer.reply.text);
    assert!(!victim.cookies.contains_key("mcp_as"), "no session");
    let page = tab.open("GET", back.as_str(), None).await;
    assert!(page.at.path().ends_with("/consent"), "{}", page.reply.text);
    // Used.
    assert_eq!(tab.open("GET", back.as_str(), None).await.reply.status, 400);
}

#[tokio::test]
async fn two_people_sign_in_at_the_issuer_and_see_their_own() {
    let three = Three::boot("refresh_token").await;
    let (alice, bob) = (
        three.token(&three.cloud.alice).await,
        three.token(&three.cloud.bob).await,
    );
    for (token, title) in [(&alice, "Of Alice"), (&bob, "Of Bob")] {
        let arguments = json!({ "title": title, "content": "text", "category": "" });
        three
            .mcp
            .call(token, "nc_notes_create_note", arguments)
            .await
            .structured();
    }
    for (token, own, other) in [(&alice, "Of Alice", "Of Bob"), (&bob, "Of Bob", "Of Alice")] {
        let found = three.search(token).await.structured().to_string();
        assert!(found.contains(own) && !found.contains(other), "{found}");
    }
}

#[tokio::test]
async fn with_an_app_password_the_nextcloud_need_not_know_the_issuer() {
    let three = Three::boot("app_password").await;
    let token = three.token(&three.cloud.alice).await;
    let refused = three.search(&token).await.result()["content"][0]["text"].to_string();
    assert!(refused.contains("provisioning_required"), "{refused}");
    let answer = three
        .mcp
        .call(&token, "provision_nextcloud_access", json!({}))
        .await
        .structured();
    let link = answer["provisioning_url"].as_str().expect("a link");
    let mut tab = Tab::new();
    let page = tab.open("GET", link, None).await;
    let waiting = tab
        .submit_all(page, &three.cloud.alice, "/oauth/authorize-nextcloud/wait")
        .await;
    let mut other_tab = Tab::new();
    let page = other_tab.open("GET", &waiting.button(), None).await;
    other_tab.submit_all(page, &three.cloud.alice, "").await;
    three.cloud.clock.advance(time::Duration::seconds(6));
    let done = tab.refresh(&waiting).await;
    assert!(
        done.reply.text.contains("Nextcloud access provisioned"),
        "{}",
        done.reply.text
    );
    three.search(&token).await.structured();
}

#[tokio::test]
async fn a_proxy_with_token_exchange_is_refused_at_the_start() {
    let cloud = CloudApp::boot().await;
    let data = tempfile::tempdir().expect("a folder");
    let door = Door::new();
    let client = make_client(&cloud, &door.mcp_url, &[]).await;
    let settings = [
        ("NEXTCLOUD_OIDC_CLIENT_ID", client.0.as_str()),
        ("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.1),
        ("NEXTCLOUD_OIDC_PROXY", "true"),
        ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "token_exchange"),
    ];
    let opened = ExternalApp::open(door, &cloud, data.path(), &settings).await;
    let error = opened.err().expect("refused").to_string();
    assert!(error.contains("NEXTCLOUD_OIDC_CLOUD_ACCESS"), "{error}");
}

#[tokio::test]
async fn the_page_of_a_person_pauses_and_ends_what_this_server_gave_to_a_client() {
    let three = Three::boot("refresh_token").await;
    let client = three.register("Pocket Notes").await;
    let mut tab = Tab::new();
    let page = three.consent_page(&mut tab, &client, &three.cloud.alice).await;
    let code = three.allow(&mut tab, &page, &three.cloud.alice).await;
    let tokens = three.redeem(&client, &code).await;
    let token = tokens["access_token"].as_str().expect("a token");
    let bobs = three.token(&three.cloud.bob).await;
    three.search(token).await.structured();
    let at = |path: &str| format!("{}{path}", three.mcp.url);
    let mut tab = Tab::new();
    let page = tab.open("GET", &at("/oauth/login"), None).await;
    let page = tab.submit_all(page, &three.cloud.alice, "/user/page").await;
    assert!(page.reply.text.contains("Pocket Notes"), "{}", page.reply.text);
    let fields = Form::find(&page.reply.text).fields;
    tab.open("POST", &at("/user/pause"), Some(&fields)).await;
    assert_eq!(three.search(token).await.status, 403);
    three.search(&bobs).await.structured();
    tab.open("POST", &at("/user/resume"), Some(&fields)).await;
    three.search(token).await.structured();
    let user = tab.open("GET", &at("/user"), None).await.reply.message();
    assert_eq!(user["authorization_server"], three.mcp.url);
    let id = user["clients"][0]["id"].as_str().expect("an id");
    tab.open("POST", &at(&format!("/user/clients/{id}/revoke")), Some(&fields))
        .await;
    assert_eq!(three.search(token).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", &client),
    ];
    assert_eq!(
        send(three.mcp.request("POST", "/oauth/token").form(&form)).await.status,
        400
    );
    three.search(&bobs).await.structured();
}
