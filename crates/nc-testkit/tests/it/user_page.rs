//! People sign in at the issuer to see which clients act for them, and stop them.

use nc_testkit::{
    app::{Reply, TestUser, send},
    browser::Form,
    cloud_app::Format,
    tab::{Page, Tab},
};
use serde_json::{Value, json};

use crate::giving::{ALL, Both, REFRESH, says};

const EXCHANGE: (&str, &str) = ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "auto");
const FORMS: [&str; 9] = [
    "/oauth/logout",
    "/user/provision",
    "/user/revoke",
    "/user/pause",
    "/user/resume",
    "/user/clients/{id}/scopes",
    "/user/clients/{id}/pause",
    "/user/clients/{id}/resume",
    "/user/clients/{id}/revoke",
];

impl Both {
    async fn token_of(&self, user: &TestUser, format: Format) -> String {
        let client = self.cloud.client(format).await;
        let asked = [("scope", ALL), ("resource", &self.mcp.mcp_url)];
        let tokens = self.cloud.authorize(user, &client, &asked).await;
        tokens.access_token().to_owned()
    }

    /// Both people gave access, so that tools work.
    async fn boot_given() -> Self {
        let both = Self::boot(REFRESH).await;
        for user in [&both.cloud.alice, &both.cloud.bob] {
            let token = both.token(user, ALL).await;
            both.give(&mut Tab::new(), &token, user).await;
        }
        both
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.mcp.url)
    }

    async fn log_in(&self, tab: &mut Tab, user: &TestUser, path: &str) -> Page {
        let page = tab.open("GET", &self.at(path), None).await;
        let page = tab.submit_all(page, user, "/user/page").await;
        assert_eq!(page.reply.status, 200, "{}", page.reply.text);
        page
    }

    async fn user(&self, tab: &mut Tab) -> Value {
        let page = tab.open("GET", &self.at("/user"), None).await;
        assert_eq!(page.reply.status, 200, "{}", page.reply.text);
        page.reply.message()
    }

    /// What names the client of this format on the page.
    async fn key(&self, tab: &mut Tab, format: Format) -> String {
        let id = self.cloud.client(format).await;
        let user = self.user(tab).await;
        let clients = user["clients"].as_array().expect("a list");
        let client = clients.iter().find(|client| client["client_id"] == id.as_str());
        client.expect("the client")["id"].as_str().expect("an id").to_owned()
    }

    /// Posts as a form of the page does; the page after it.
    async fn post(&self, tab: &mut Tab, path: &str, scopes: &[&str]) -> Page {
        let page = tab.open("GET", &self.at("/user/page"), None).await;
        let mut fields = Form::find(&page.reply.text).fields;
        fields.extend(scopes.iter().map(|scope| ("scope".to_owned(), (*scope).to_owned())));
        tab.open("POST", &self.at(path), Some(&fields)).await
    }

    async fn works(&self, token: &str) -> bool {
        let reply = self.search(token).await;
        if reply.status == 200 {
            reply.structured();
        }
        reply.status == 200
    }

    async fn events(&self) -> Vec<(String, Value)> {
        let records = self.mcp.issuer.store().list_audit(100).await.expect("a log");
        let read = |document: &str| serde_json::from_str(document).expect("JSON");
        records
            .into_iter()
            .map(|record| (record.event.clone(), read(&record.document)))
            .collect()
    }
}

fn is_paused(both: &Both, reply: &Reply) -> bool {
    assert!(reply.headers.get("www-authenticate").is_none(), "{reply:?}");
    let text = reply.message()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    reply.status == 403 && text.starts_with("paused: ") && text.contains(&both.at("/user/page"))
}

#[tokio::test]
async fn a_person_pauses_all_clients_with_one_switch_and_loses_nothing() {
    let mut both = Both::boot_given().await;
    let one = both.token_of(&both.cloud.alice, Format::Jwt).await;
    let two = both.token_of(&both.cloud.alice, Format::Opaque).await;
    let bobs = both.token_of(&both.cloud.bob, Format::Jwt).await;
    for token in [&one, &two, &bobs] {
        assert!(both.works(token).await);
    }
    let mut tab = Tab::new();
    let page = both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    assert_eq!(page.at.as_str(), both.at("/user/page"));
    for format in [Format::Jwt, Format::Opaque] {
        assert!(page.reply.text.contains(&both.cloud.client(format).await));
    }
    let page = both.post(&mut tab, "/user/pause", &[]).await;
    assert!(
        page.reply.text.contains("All clients are paused since"),
        "{}",
        page.reply.text
    );
    both.mcp.recorder.take();
    for token in [&one, &two] {
        assert!(is_paused(&both, &both.search(token).await));
        assert!(is_paused(&both, &both.mcp.list(token).await));
    }
    assert!(both.mcp.recorder.take().is_empty(), "nothing is asked of the cloud");
    assert!(both.works(&bobs).await);
    // New tokens do not help, and neither does a restart.
    let three = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert!(is_paused(&both, &both.search(&three).await));
    both.restart().await;
    assert!(is_paused(&both, &both.search(&one).await));
    assert!(both.works(&bobs).await);
    assert_eq!(both.user(&mut tab).await["paused_at"], "2027-01-15T08:00:00Z");
    both.post(&mut tab, "/user/resume", &[]).await;
    for token in [&one, &two, &three] {
        assert!(both.works(token).await);
    }
    let events = both.events().await;
    let words: Vec<&str> = events.iter().map(|(word, _)| word.as_str()).collect();
    for word in ["access.paused", "access.resumed", "session.signed_in"] {
        assert_eq!(words.iter().filter(|known| **known == word).count(), 1, "{words:?}");
    }
}

#[tokio::test]
async fn one_client_is_paused_alone() {
    let both = Both::boot_given().await;
    let one = both.token_of(&both.cloud.alice, Format::Jwt).await;
    let two = both.token_of(&both.cloud.alice, Format::Opaque).await;
    let bobs = both.token_of(&both.cloud.bob, Format::Jwt).await;
    assert!(both.works(&one).await && both.works(&two).await && both.works(&bobs).await);
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/user/page").await;
    let key = both.key(&mut tab, Format::Jwt).await;
    both.post(&mut tab, &format!("/user/clients/{key}/pause"), &[]).await;
    assert!(is_paused(&both, &both.search(&one).await));
    assert!(both.works(&two).await && both.works(&bobs).await);
    // The switch for all does not switch this one on.
    both.post(&mut tab, "/user/pause", &[]).await;
    both.post(&mut tab, "/user/resume", &[]).await;
    assert!(is_paused(&both, &both.search(&one).await));
    assert!(both.works(&two).await);
    both.post(&mut tab, &format!("/user/clients/{key}/resume"), &[]).await;
    assert!(both.works(&one).await);
}

#[tokio::test]
async fn a_client_is_narrowed_whatever_its_tokens_say() {
    let both = Both::boot_given().await;
    let one = both.token_of(&both.cloud.alice, Format::Jwt).await;
    let two = both.token_of(&both.cloud.alice, Format::Opaque).await;
    assert!(both.works(&one).await && both.works(&two).await);
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    let path = format!("/user/clients/{}/scopes", both.key(&mut tab, Format::Jwt).await);
    // What no token had cannot be added.
    both.post(
        &mut tab,
        &path,
        &["notes:read", "files:read", "admin:write", "nonsense"],
    )
    .await;
    let listed = both.mcp.list(&one).await.text;
    assert!(listed.contains("nc_notes_search_notes") && !listed.contains("nc_notes_create_note"));
    assert!(both.works(&one).await);
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    let reply = both.mcp.call(&one, "nc_notes_create_note", arguments.clone()).await;
    assert_eq!(reply.status, 403);
    // Another token would change nothing, so none is asked for.
    assert!(reply.headers.get("www-authenticate").is_none());
    assert!(reply.text.contains("insufficient_scope"));
    let renewed = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert_eq!(
        both.mcp
            .call(&renewed, "nc_notes_create_note", arguments.clone())
            .await
            .status,
        403
    );
    assert!(both.mcp.list(&two).await.text.contains("nc_notes_create_note"));
    let page = both.post(&mut tab, &path, &[]).await;
    assert!(
        page.reply.text.contains("Leave at least one thing ticked"),
        "{}",
        page.reply.text
    );
    assert!(both.works(&one).await);
    both.post(
        &mut tab,
        &path,
        &["notes:read", "notes:write", "files:read", "files:write"],
    )
    .await;
    assert_eq!(both.mcp.call(&one, "nc_notes_create_note", arguments).await.status, 200);
    let events = both.events().await;
    let narrowed: Vec<&Value> = events
        .iter()
        .filter(|(word, _)| word == "access.narrowed")
        .map(|(_, document)| &document["scope"])
        .collect();
    assert_eq!(narrowed, [&json!("files:read notes:read")]);
    assert!(events.iter().any(|(word, _)| word == "access.widened"));
}

#[tokio::test]
async fn a_client_that_is_ended_has_to_sign_in_anew() {
    let both = Both::boot_given().await;
    let one = both.token_of(&both.cloud.alice, Format::Jwt).await;
    let two = both.token_of(&both.cloud.alice, Format::Opaque).await;
    let bobs = both.token_of(&both.cloud.bob, Format::Jwt).await;
    assert!(both.works(&one).await && both.works(&two).await && both.works(&bobs).await);
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    for format in [Format::Jwt, Format::Opaque] {
        let key = both.key(&mut tab, format).await;
        both.post(&mut tab, &format!("/user/clients/{key}/revoke"), &[]).await;
        let reply = both.search(if format == Format::Jwt { &one } else { &two }).await;
        assert_eq!(reply.status, 401);
        let challenge = reply.headers["www-authenticate"].to_str().expect("text").to_owned();
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        assert_eq!(both.works(&two).await, format == Format::Jwt);
    }
    assert!(both.works(&bobs).await);
    assert!(both.user(&mut tab).await["clients"][0]["ended_at"].is_string());
    both.cloud.clock.advance(time::Duration::seconds(1));
    let anew = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert!(both.works(&anew).await);
    assert!(!both.works(&one).await);
    assert_eq!(both.user(&mut tab).await["clients"][0]["ended_at"], Value::Null);
    assert_eq!(
        both.events()
            .await
            .iter()
            .filter(|(word, _)| word == "access.ended")
            .count(),
        2
    );
}

#[tokio::test]
async fn access_is_given_and_taken_back_on_the_page() {
    let both = Both::boot(REFRESH).await;
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    assert_eq!(both.user(&mut tab).await["provisioning"]["status"], "none");
    let page = both.post(&mut tab, "/user/provision", &[]).await;
    assert_eq!(page.at.path(), "/oauth/authorize-nextcloud", "{}", page.reply.text);
    let page = tab.submit_all(page, &both.cloud.alice, "/user/page").await;
    assert_eq!(page.at.path(), "/user/page", "{}", page.reply.text);
    assert!(both.works(&token).await);
    let provisioning = both.user(&mut tab).await["provisioning"].clone();
    assert_eq!(provisioning["type"], "refresh_token");
    assert_eq!(provisioning["status"], "active");
    assert_eq!(provisioning["provisioned_at"], "2027-01-15T08:00:00Z");
    assert_eq!(
        provisioning["scopes"],
        json!([
            "calendar:read",
            "calendar:write",
            "contacts:read",
            "contacts:write",
            "cookbook:read",
            "cookbook:write",
            "deck:read",
            "deck:write",
            "files:read",
            "files:write",
            "notes:read",
            "notes:write",
            "sharing:read",
            "sharing:write",
            "tables:read",
            "tables:write",
            "todo:read",
            "todo:write"
        ])
    );
    both.post(&mut tab, "/user/revoke", &[]).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    assert_eq!(both.user(&mut tab).await["provisioning"]["status"], "none");
    for _ in 0..9 {
        let page = both.post(&mut tab, "/user/provision", &[]).await;
        assert_eq!(page.reply.status, 200);
        both.cloud.clock.advance(time::Duration::minutes(1));
    }
    assert_eq!(both.post(&mut tab, "/user/provision", &[]).await.reply.status, 429);
}

#[tokio::test]
async fn the_data_say_what_the_page_says() {
    let both = Both::boot(EXCHANGE).await;
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    both.mcp.list(&token).await;
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/app").await;
    let user = both.user(&mut tab).await;
    assert_eq!(user["user"]["name"], "alice");
    assert_eq!(user["authorization_server"], both.cloud.url);
    assert_eq!(user["deployment_mode"], "oauth");
    assert_eq!(user["session"]["expires_at"], "2027-01-15T16:00:00Z");
    assert_eq!(user["paused_at"], Value::Null);
    assert_eq!(user["provisioning"]["type"], "token_exchange");
    let client = &user["clients"][0];
    assert_eq!(client["client_id"], both.cloud.client(Format::Jwt).await);
    assert_eq!(
        client["scopes"],
        json!(["files:read", "files:write", "notes:read", "notes:write"])
    );
    assert_eq!(client["first_used_at"], "2027-01-15T08:00:00Z");
    assert_eq!(user["clients"].as_array().expect("a list").len(), 1);
    // Nothing to give: back to the page.
    assert_eq!(
        both.post(&mut tab, "/user/provision", &[]).await.at.path(),
        "/user/page"
    );
    // The last use is known to the hour, and costs no write in between.
    both.cloud.clock.advance(time::Duration::minutes(50));
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    both.mcp.list(&token).await;
    assert_eq!(
        both.user(&mut tab).await["clients"][0]["last_used_at"],
        "2027-01-15T08:00:00Z"
    );
    both.cloud.clock.advance(time::Duration::minutes(20));
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    both.mcp.list(&token).await;
    assert_eq!(
        both.user(&mut tab).await["clients"][0]["last_used_at"],
        "2027-01-15T09:10:00Z"
    );
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_and_with_a_sign_out_and_opens_nothing_else() {
    let both = Both::boot(REFRESH).await;
    let mut tab = Tab::new();
    both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    let first = tab.cookies["mcp_user"].clone();
    // The endpoint takes tokens, and no cookie.
    let cookies: Vec<String> = tab
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let request = both.mcp.request("POST", "/mcp").header("cookie", cookies.join("; "));
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    assert_eq!(send(request.json(&message)).await.status, 401);
    assert_eq!(both.mcp.list(&first).await.status, 401);
    // A sign-out ends the row, not only the cookie.
    both.post(&mut tab, "/oauth/logout", &[]).await;
    assert!(!tab.cookies.contains_key("mcp_user"));
    tab.cookies.insert("mcp_user".to_owned(), first.clone());
    assert_eq!(
        tab.step("GET", &both.at("/user").parse().expect("an address"), None)
            .await
            .status,
        401
    );
    both.log_in(&mut tab, &both.cloud.alice, "/oauth/login").await;
    assert_ne!(tab.cookies["mcp_user"], first);
    both.cloud
        .clock
        .advance(time::Duration::hours(8) - time::Duration::seconds(1));
    both.user(&mut tab).await;
    both.cloud.clock.advance(time::Duration::seconds(1));
    let reply = tab
        .step("GET", &both.at("/user").parse().expect("an address"), None)
        .await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.message()["error"], "not_signed_in");
    let reply = tab
        .step("GET", &both.at("/user/page").parse().expect("an address"), None)
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.headers["location"].to_str().expect("text")),
        (303, both.at("/oauth/login").as_str())
    );
}

#[tokio::test]
async fn forms_are_taken_from_the_own_page_of_the_same_session_only() {
    let both = Both::boot_given().await;
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert!(both.works(&token).await);
    let (mut alice, mut bob) = (Tab::new(), Tab::new());
    let page = both.log_in(&mut alice, &both.cloud.alice, "/oauth/login").await;
    let csrf = Form::find(&page.reply.text).fields[0].1.clone();
    let page = both.log_in(&mut bob, &both.cloud.bob, "/oauth/login").await;
    let bobs = Form::find(&page.reply.text).fields[0].1.clone();
    assert_ne!(csrf, bobs);
    let key = both.key(&mut alice, Format::Jwt).await;
    let cookie = format!("mcp_user={}", alice.cookies["mcp_user"]);
    let good = ("origin", both.mcp.url.as_str());
    for path in FORMS {
        let path = path.replace("{id}", &key);
        let refused = [
            (None, good, "no token"),
            (Some("0".repeat(64)), good, "a made-up token"),
            (Some(bobs.clone()), good, "the token of somebody else"),
            (Some(csrf.clone()), ("origin", "https://evil.example"), "another site"),
            (Some(csrf.clone()), ("sec-fetch-site", "cross-site"), "another site"),
        ];
        for (token, (name, value), what) in refused {
            let fields: Vec<_> = token.iter().map(|token| ("csrf", token)).collect();
            let request = both.mcp.request("POST", &path).header(name, value);
            let reply = send(request.header("cookie", &cookie).form(&fields)).await;
            assert_eq!(reply.status, 403, "{path}: {what}");
        }
        both.cloud.clock.advance(time::Duration::minutes(1));
        let fields = [("csrf".to_owned(), csrf.clone())];
        let at = both.at(&path).parse().expect("an address");
        let nobody = Tab::new().step("POST", &at, Some(&fields)).await;
        assert_eq!(nobody.status, 303, "{path}");
        assert_eq!(nobody.headers["location"], both.at("/oauth/login"), "{path}");
        assert_eq!(
            both.mcp.request("GET", &path).send().await.expect("sent").status(),
            405,
            "{path}"
        );
    }
    let token = both.token_of(&both.cloud.alice, Format::Jwt).await;
    assert!(both.works(&token).await);
    both.user(&mut alice).await;
    // Bob may name Alice's client, but says it of himself.
    let used = both.token_of(&both.cloud.bob, Format::Jwt).await;
    assert!(both.works(&used).await);
    both.post(&mut bob, &format!("/user/clients/{key}/pause"), &[]).await;
    assert!(is_paused(&both, &both.search(&used).await));
    assert!(both.works(&token).await);
    let unknown = both
        .post(&mut bob, &format!("/user/clients/{}/revoke", "0".repeat(32)), &[])
        .await;
    assert_eq!(unknown.reply.status, 404);
    let page = alice.open("GET", &both.at("/user/page"), None).await;
    let policy = page.reply.headers["content-security-policy"].to_str().expect("text");
    assert!(
        policy.contains("script-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn m20_the_sign_in_leads_nowhere_but_to_a_page_of_this_server() {
    let both = Both::boot(REFRESH).await;
    let bad = [
        "//evil",
        "/%5Cevil",
        "https:evil",
        "https://evil.example/",
        "%5C%5Cevil",
        "/%09/evil",
        "/%0d%0aset-cookie:a=b",
        "evil",
        "",
        "javascript:alert(1)",
        "/user&next=//evil",
    ];
    let mut tab = Tab::new();
    // Through the issuer and back.
    let page = both
        .log_in(&mut tab, &both.cloud.alice, "/oauth/login?next=//evil")
        .await;
    assert_eq!(page.at.as_str(), both.at("/user/page"));
    for next in bad {
        let at = both.at(&format!("/oauth/login?next={next}"));
        let reply = tab.step("GET", &at.parse().expect("an address"), None).await;
        assert_eq!(reply.status, 303);
        assert_eq!(reply.headers["location"], both.at("/user/page"), "{next}");
        // And where nobody is signed in, only to the issuer.
        let reply = Tab::new().step("GET", &at.parse().expect("an address"), None).await;
        let location = reply.headers["location"].to_str().expect("text");
        assert!(
            location.starts_with(&both.cloud.url) && !location.contains("evil"),
            "{location}"
        );
    }
    let mut tab = Tab::new();
    let page = tab.open("GET", &both.at("/oauth/login?next=/user"), None).await;
    let page = tab.submit_all(page, &both.cloud.alice, "/user").await;
    assert_eq!(page.reply.message()["user"]["name"], "alice");
}
