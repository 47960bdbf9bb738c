//! People give the MCP server access to the cloud, with the cloud's provider as the issuer.

use nc_testkit::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    tab::{Page, Tab},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

pub(crate) const ALL: &str = "openid profile notes:read notes:write files:read files:write";
pub(crate) const REFRESH: (&str, &str) = ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "refresh_token");
pub(crate) const PASSWORD: (&str, &str) = ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "app_password");
const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

/// A cloud, the MCP server in front of it, and the server's client at the cloud.
pub(crate) struct Both {
    pub(crate) cloud: CloudApp,
    pub(crate) mcp: ExternalApp,
    client: (String, String),
    access: (&'static str, &'static str),
    data: TempDir,
}

impl Both {
    pub(crate) async fn boot(access: (&'static str, &'static str)) -> Self {
        let cloud = CloudApp::boot().await;
        let data = tempfile::tempdir().expect("a folder");
        let door = Door::new();
        let client = make_client(&cloud, &door.mcp_url, &[]).await;
        let mcp = open(door, &cloud, &data, &client, access).await;
        Self {
            cloud,
            mcp,
            client,
            access,
            data,
        }
    }

    /// The same server again, on the same data.
    pub(crate) async fn restart(&mut self) {
        let door = self.mcp.close().await;
        self.mcp = open(door, &self.cloud, &self.data, &self.client, self.access).await;
    }

    pub(crate) async fn token(&self, user: &TestUser, scopes: &str) -> String {
        let client = self.cloud.client(Format::Jwt).await;
        let asked = [("scope", scopes), ("resource", &self.mcp.mcp_url)];
        let tokens = self.cloud.authorize(user, &client, &asked).await;
        tokens.access_token().to_owned()
    }

    pub(crate) async fn tool(&self, token: &str, name: &str) -> Value {
        self.mcp.call(token, name, json!({})).await.structured()
    }

    async fn link(&self, token: &str) -> String {
        let answer = self.tool(token, "provision_nextcloud_access").await;
        answer["provisioning_url"].as_str().expect("a link").to_owned()
    }

    /// The page that the link leads to.
    async fn page(&self, tab: &mut Tab, token: &str) -> Page {
        let link = self.link(token).await;
        tab.open("GET", &link, None).await
    }

    /// From the link to the redirect that leads back from the issuer.
    pub(crate) async fn way_back(&self, tab: &mut Tab, token: &str, user: &TestUser) -> Url {
        let is_back = |url: &Url| url.path() == "/oauth/callback";
        let mut page = self.page(tab, token).await;
        for _ in 0..5 {
            page = tab.submit_until(&page, user, is_back).await;
            if is_back(&page.at) {
                return page.at;
            }
        }
        panic!("no way back: {}", page.reply.text);
    }

    /// The whole way at the issuer.
    pub(crate) async fn give(&self, tab: &mut Tab, token: &str, user: &TestUser) -> Page {
        let back = self.way_back(tab, token, user).await;
        tab.open("GET", back.as_str(), None).await
    }

    /// The whole way to an app password.
    async fn give_password(&self, token: &str, user: &TestUser, at_nextcloud: &TestUser) -> Page {
        let mut tab = Tab::new();
        let waiting = self.give(&mut tab, token, user).await;
        assert_eq!(
            waiting.at.path(),
            "/oauth/authorize-nextcloud/wait",
            "{}",
            waiting.reply.text
        );
        let mut other_tab = Tab::new();
        let page = other_tab.open("GET", &waiting.button(), None).await;
        let page = other_tab.submit_all(page, at_nextcloud, "").await;
        assert_eq!(page.reply.status, 200, "{}", page.reply.text);
        self.cloud.clock.advance(time::Duration::seconds(6));
        tab.refresh(&waiting).await
    }

    pub(crate) async fn search(&self, token: &str) -> Reply {
        let arguments = json!({ "query": "of" });
        self.mcp.call(token, "nc_notes_search_notes", arguments).await
    }

    fn credentials_sent(&self) -> Vec<String> {
        let sent = self.mcp.recorder.take();
        let values = sent.iter().filter_map(|sent| sent.headers.get("authorization"));
        let mut values: Vec<String> = values.map(|value| value.to_str().expect("text").to_owned()).collect();
        values.dedup();
        values
    }
}

async fn open(
    door: Door,
    cloud: &CloudApp,
    data: &TempDir,
    client: &(String, String),
    access: (&str, &str),
) -> ExternalApp {
    let settings = [
        ("NEXTCLOUD_OIDC_CLIENT_ID", client.0.as_str()),
        ("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.1),
        access,
    ];
    let opened = ExternalApp::open(door, cloud, data.path(), &settings).await;
    opened.expect("a server")
}

fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(pairs.into_iter().filter(|(known, _)| known != name));
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}

pub(crate) fn says(reply: &Reply, code: &str) -> bool {
    reply.result()["content"][0]["text"]
        .as_str()
        .is_some_and(|text| text.starts_with(code))
}

#[tokio::test]
async fn a_person_agrees_once_and_tools_work_from_then_on_also_after_a_restart() {
    let mut both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    assert_eq!(both.tool(&token, "check_provisioning_status").await["status"], "none");
    let mut tab = Tab::new();
    let done = both.give(&mut tab, &token, &both.cloud.alice).await;
    assert_eq!(done.reply.status, 200, "{}", done.reply.text);
    assert!(done.reply.text.contains("Nextcloud access provisioned"));
    both.mcp.recorder.take();
    both.search(&token).await.structured();
    let first = both.credentials_sent();
    assert_eq!(first.len(), 1, "{first:?}");
    let of_server = first[0].strip_prefix("Bearer ").expect("a token");
    assert_ne!(of_server, token, "the client's token never goes to the cloud");
    assert_eq!(both.mcp.list(of_server).await.status, 401);
    let status = both.tool(&token, "check_provisioning_status").await;
    assert_eq!(status["status"], "active");
    assert_eq!(status["credential_type"], "refresh_token");
    assert_eq!(status["flow_type"], "oauth");
    assert_eq!(
        status["provisioned_scopes"],
        json!(["files:read", "files:write", "notes:read", "notes:write"])
    );
    let again = both.tool(&token, "provision_nextcloud_access").await;
    assert_eq!(again["already_provisioned"], true);
    // The access token ends; the refresh token is rotated each time and written before use.
    for _ in 0..3 {
        both.cloud.clock.advance(time::Duration::hours(2));
        let token = both.token(&both.cloud.alice, ALL).await;
        both.mcp.recorder.take();
        both.search(&token).await.structured();
        assert_ne!(both.credentials_sent(), first);
        both.restart().await;
        both.search(&token).await.structured();
    }
}

#[tokio::test]
async fn access_that_is_taken_back_is_worth_nothing_at_the_issuer_either() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    both.give(&mut Tab::new(), &token, &both.cloud.alice).await;
    both.mcp.recorder.take();
    both.search(&token).await.structured();
    let credential = both.credentials_sent().remove(0);
    assert_eq!(both.cloud.status("GET", NOTES, &credential).await, 200);
    let answer = both.tool(&token, "revoke_nextcloud_access").await;
    assert!(
        answer["message"].as_str().expect("text").contains("taken back"),
        "{answer}"
    );
    assert!(says(&both.search(&token).await, "provisioning_required"));
    assert_eq!(both.cloud.status("GET", NOTES, &credential).await, 401);
    let answer = both.tool(&token, "revoke_nextcloud_access").await;
    assert!(
        answer["message"].as_str().expect("text").contains("no access"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_refresh_token_that_the_issuer_ended_is_asked_for_again_and_not_tried_twice() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    both.give(&mut Tab::new(), &token, &both.cloud.alice).await;
    both.search(&token).await.structured();
    both.cloud.end_grants_of_client(&both.client.0).await;
    both.cloud.clock.advance(time::Duration::hours(2));
    let token = both.token(&both.cloud.alice, ALL).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    assert_eq!(
        both.tool(&token, "check_provisioning_status").await["status"],
        "revoked"
    );
    both.give(&mut Tab::new(), &token, &both.cloud.alice).await;
    both.search(&token).await.structured();
}

#[tokio::test]
async fn m06_r_f8_r_f15_a_callback_that_is_unknown_used_or_late_stores_nothing() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
    for bad in [
        changed(&back, "state", Some("made-up")),
        changed(&back, "state", None),
        changed(&back, "state", Some("")),
    ] {
        let page = tab.open("GET", bad.as_str(), None).await;
        assert_eq!(page.reply.status, 400, "{bad}");
    }
    assert_eq!(
        both.tool(&token, "check_provisioning_status").await["is_provisioned"],
        false
    );
    // The real one still works, once.
    assert_eq!(tab.open("GET", back.as_str(), None).await.reply.status, 200);
    assert_eq!(tab.open("GET", back.as_str(), None).await.reply.status, 400);
    both.search(&token).await.structured();
    // Eleven minutes at the issuer are too many.
    both.tool(&token, "revoke_nextcloud_access").await;
    let mut tab = Tab::new();
    let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
    both.cloud.clock.advance(time::Duration::minutes(11));
    assert_eq!(tab.open("GET", back.as_str(), None).await.reply.status, 400);
    let token = both.token(&both.cloud.alice, ALL).await;
    assert_eq!(
        both.tool(&token, "check_provisioning_status").await["is_provisioned"],
        false
    );
}

#[tokio::test]
async fn m07_r_f7_a_callback_in_another_browser_is_refused() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
    // No cookie at all, and the cookie of a browser with a link of its own.
    assert_eq!(Tab::new().open("GET", back.as_str(), None).await.reply.status, 400);
    let bobs = both.token(&both.cloud.bob, ALL).await;
    let mut other = Tab::new();
    both.page(&mut other, &bobs).await;
    assert_eq!(other.open("GET", back.as_str(), None).await.reply.status, 400);
    for token in [&token, &bobs] {
        assert_eq!(
            both.tool(token, "check_provisioning_status").await["is_provisioned"],
            false
        );
    }
}

#[tokio::test]
async fn m08_r_f7_r_f10_a_callback_that_does_not_come_from_the_issuer_asks_for_no_token() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let issuer = both.cloud.url.clone();
    for bad in [
        None,
        Some("https://evil.example".to_owned()),
        Some(format!("{issuer}/")),
        Some(issuer.to_uppercase()),
    ] {
        let mut tab = Tab::new();
        let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
        assert!(
            back.query().expect("a query").contains("iss="),
            "the issuer names itself"
        );
        let page = tab
            .open("GET", changed(&back, "iss", bad.as_deref()).as_str(), None)
            .await;
        assert_eq!(page.reply.status, 400, "{bad:?}");
        // The record is gone, so the real answer comes too late; and the code was never shown to the issuer.
        assert_eq!(tab.open("GET", back.as_str(), None).await.reply.status, 400);
        let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1;
        assert!(both.cloud.is_code_unspent(&code).await);
    }
}

#[tokio::test]
async fn m09_r_f13_words_of_the_issuer_are_not_shown() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
    let denied = changed(&changed(&back, "code", None), "error", Some("access_denied"));
    let denied = changed(&denied, "error_description", Some("<script>alert(1)</script> call 555"));
    let page = tab.open("GET", denied.as_str(), None).await;
    assert_eq!(page.reply.status, 400);
    assert!(
        !page.reply.text.contains("alert(1)") && !page.reply.text.contains("555"),
        "{}",
        page.reply.text
    );
    assert!(page.reply.text.contains("Reference: "), "{}", page.reply.text);
    assert_eq!(page.reply.headers["cache-control"], "no-store");
    let policy = page.reply.headers["content-security-policy"].to_str().expect("text");
    assert!(
        policy.contains("script-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
}

#[tokio::test]
async fn m11_r_f12_somebody_else_than_the_caller_cannot_answer() {
    for access in [REFRESH, PASSWORD] {
        let both = Both::boot(access).await;
        let token = both.token(&both.cloud.alice, ALL).await;
        let before = both.cloud.grants_of(&both.cloud.bob).await;
        let page = both.give(&mut Tab::new(), &token, &both.cloud.bob).await;
        assert_eq!(page.reply.status, 403, "{}", page.reply.text);
        assert_eq!(
            both.tool(&token, "check_provisioning_status").await["is_provisioned"],
            false
        );
        // What Bob's agreement brought was taken back; where it was about who comes, there is nothing but a sign-in.
        if access == REFRESH {
            assert_eq!(both.cloud.grants_of(&both.cloud.bob).await, before);
        }
    }
}

#[tokio::test]
async fn m12_r_f3_without_a_ticket_of_this_server_nothing_begins() {
    let both = Both::boot(REFRESH).await;
    let at = |query: &str| format!("{}/oauth/authorize-nextcloud{query}", both.mcp.url);
    for query in [
        "",
        "?ticket=",
        "?ticket=made-up",
        "?state=attacker",
        "?state=attacker&ticket=x",
        "?ticket=a&ticket=b",
    ] {
        let page = Tab::new().open("GET", &at(query), None).await;
        assert_eq!(page.reply.status, 400, "{query}");
        assert!(page.reply.headers.get("set-cookie").is_none(), "{query}");
    }
    let token = both.token(&both.cloud.alice, ALL).await;
    let link = both.link(&token).await;
    let mut tab = Tab::new();
    let page = tab.open("GET", &link, None).await;
    assert_eq!(page.reply.status, 200);
    assert!(page.at.query().is_none(), "the ticket does not stay in the address");
    // Used.
    assert_eq!(Tab::new().open("GET", &link, None).await.reply.status, 400);
    // A post without the page, or from elsewhere.
    let form = [("csrf".to_owned(), "0".repeat(64))];
    assert_eq!(tab.open("POST", &at(""), Some(&form)).await.reply.status, 400);
    let late = both.link(&token).await;
    both.cloud.clock.advance(time::Duration::minutes(11));
    assert_eq!(Tab::new().open("GET", &late, None).await.reply.status, 400);
}

#[tokio::test]
async fn a_post_from_another_site_is_refused() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let page = both.page(&mut tab, &token).await;
    let form = nc_testkit::browser::Form::find(&page.reply.text);
    let cookies = tab.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = both.mcp.request("POST", "/oauth/authorize-nextcloud");
        let request = request
            .form(&form.fields)
            .header("cookie", &cookies)
            .header(name, value);
        assert_eq!(send(request).await.status, 400, "{name}: {value}");
    }
}

#[tokio::test]
async fn r_f17_r_f18_only_what_the_operator_allows_is_asked_for_and_agreement_where_it_is_needed() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, "openid notes:read").await;
    let mut tab = Tab::new();
    both.way_back(&mut tab, &token, &both.cloud.alice).await;
    let asked = tab
        .visited
        .iter()
        .find(|url| url.contains("/authorize?"))
        .expect("a request");
    let asked: Vec<(String, String)> = Url::parse(asked)
        .expect("an address")
        .query_pairs()
        .into_owned()
        .collect();
    let get = |name: &str| {
        asked
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(get("scope"), Some("notes:read offline_access openid"));
    assert_eq!(get("prompt"), Some("consent"));
    assert_eq!(get("resource"), Some(both.cloud.url.as_str()));
    assert_eq!(get("code_challenge_method"), Some("S256"));
    assert!(get("access_type").is_none());
    assert!(get("state").is_some_and(|state| state.len() == 43) && get("nonce").is_some());
}

#[tokio::test]
async fn an_app_password_is_given_after_the_person_showed_who_they_are() {
    let mut both = Both::boot(PASSWORD).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    let done = both.give_password(&token, &both.cloud.alice, &both.cloud.alice).await;
    assert!(
        done.reply.text.contains("Nextcloud access provisioned"),
        "{}",
        done.reply.text
    );
    both.mcp.recorder.take();
    both.search(&token).await.structured();
    let used = both.credentials_sent().remove(0);
    assert!(used.starts_with("Basic "));
    let status = both.tool(&token, "check_provisioning_status").await;
    assert_eq!(status["credential_type"], "app_password");
    both.restart().await;
    both.search(&token).await.structured();
    both.tool(&token, "revoke_nextcloud_access").await;
    assert_eq!(
        both.cloud.status("GET", NOTES, &used).await,
        401,
        "taken back at the cloud"
    );
    assert!(says(&both.search(&token).await, "provisioning_required"));
}

#[tokio::test]
async fn an_app_password_deleted_at_the_nextcloud_is_tried_once() {
    let both = Both::boot(PASSWORD).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    both.give_password(&token, &both.cloud.alice, &both.cloud.alice).await;
    both.mcp.recorder.take();
    both.search(&token).await.structured();
    let used = both.credentials_sent().remove(0);
    let gone = both.cloud.request("DELETE", "/ocs/v2.php/core/apppassword");
    let gone = gone.header("authorization", &used).header("ocs-apirequest", "true");
    assert_eq!(send(gone).await.status, 200);
    assert!(says(&both.search(&token).await, "provisioning_required"));
    both.mcp.recorder.take();
    assert!(says(&both.search(&token).await, "provisioning_required"));
    assert!(both.credentials_sent().is_empty(), "it is not sent again");
}

#[tokio::test]
async fn another_account_than_before_is_not_taken_and_its_app_password_goes() {
    let both = Both::boot(PASSWORD).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    both.give_password(&token, &both.cloud.alice, &both.cloud.alice).await;
    both.mcp.recorder.take();
    both.search(&token).await.structured();
    let used = both.credentials_sent().remove(0);
    let gone = both.cloud.request("DELETE", "/ocs/v2.php/core/apppassword");
    let gone = gone.header("authorization", &used).header("ocs-apirequest", "true");
    send(gone).await;
    assert!(says(&both.search(&token).await, "provisioning_required"));
    both.mcp.recorder.take();
    let page = both.give_password(&token, &both.cloud.alice, &both.cloud.bob).await;
    assert_eq!(page.reply.status, 403, "{}", page.reply.text);
    let bobs = both.credentials_sent().pop().expect("it was asked whose it is");
    assert_eq!(both.cloud.status("GET", NOTES, &bobs).await, 401);
    assert!(says(&both.search(&token).await, "provisioning_required"));
}

#[tokio::test]
async fn one_person_gets_ten_links_an_hour_and_takes_none_from_others() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    for _ in 0..10 {
        both.link(&token).await;
    }
    let reply = both.mcp.call(&token, "provision_nextcloud_access", json!({})).await;
    assert!(says(&reply, "rate_limited"), "{reply:?}");
    let bobs = both.token(&both.cloud.bob, ALL).await;
    both.link(&bobs).await;
    both.cloud.clock.advance(time::Duration::hours(1));
    let token = both.token(&both.cloud.alice, ALL).await;
    both.link(&token).await;
}

#[tokio::test]
async fn a_person_who_does_not_want_to_shares_nothing() {
    let both = Both::boot(REFRESH).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let page = both.page(&mut tab, &token).await;
    let form = nc_testkit::browser::Form::find(&page.reply.text);
    let cancel = format!("{}/oauth/authorize-nextcloud/cancel", both.mcp.url);
    let page = tab.open("POST", &cancel, Some(&form.fields)).await;
    assert!(page.reply.text.contains("Nothing was shared"), "{}", page.reply.text);
    let again = tab
        .open("GET", &format!("{}/oauth/authorize-nextcloud", both.mcp.url), None)
        .await;
    assert_eq!(again.reply.status, 400);
}

#[tokio::test]
async fn e06_what_was_granted_is_kept_once_and_the_address_is_as_configured() {
    let both = Both::boot(PASSWORD).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    let waiting = both.give(&mut tab, &token, &both.cloud.alice).await;
    // Pending: asked again, and nothing is there.
    both.cloud.clock.advance(time::Duration::seconds(6));
    let waiting = tab.refresh(&waiting).await;
    assert!(waiting.reply.headers.contains_key("refresh"), "{}", waiting.reply.text);
    let mut other_tab = Tab::new();
    let page = other_tab.open("GET", &waiting.button(), None).await;
    other_tab.submit_all(page, &both.cloud.alice, "").await;
    both.cloud.clock.advance(time::Duration::seconds(6));
    both.mcp.recorder.take();
    let done = tab.refresh(&waiting).await;
    assert!(
        done.reply.text.contains("Nextcloud access provisioned"),
        "{}",
        done.reply.text
    );
    let asked = |path: &str| {
        let sent = both.mcp.recorder.take();
        sent.iter().filter(|sent| sent.path.contains(path)).count()
    };
    assert_eq!(asked("/login/v2/poll"), 1);
    // Looking again asks nothing again: it is over.
    let again = tab.refresh(&waiting).await;
    assert_eq!(again.reply.status, 400);
    assert_eq!(asked("/login/v2/poll"), 0);
    both.search(&token).await.structured();
}
