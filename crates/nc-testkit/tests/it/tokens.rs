//! The cloud's interfaces with tokens that its provider issued: every row with both kinds of token, against every interface.

use nc_auth::UserId;
use nc_provider::{Resource, ResourceDocument, admin::Admin};
use nc_testkit::{
    app::{TestUser, send},
    browser::Browser,
    cloud_app::{CloudApp, Format, cookies_of},
};
use serde_json::{Value, json};

pub(crate) const OCS: &str = "/ocs/v2.php/cloud/user?format=json";
pub(crate) const NOTES: &str = "/index.php/apps/notes/api/v1/notes";
pub(crate) const DECK: &str = "/index.php/apps/deck/api/v1.0/boards";
const TABLES: &str = "/index.php/apps/tables/api/1/tables";
const TABLES_OCS: &str = "/ocs/v2.php/apps/tables/api/2/tables?format=json";
const RECIPES: &str = "/index.php/apps/cookbook/api/v1/recipes";
const SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
const REMOTE_SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/remote_shares?format=json";
pub(crate) const FORMATS: [Format; 2] = [Format::Opaque, Format::Jwt];
/// Reading and writing everywhere.
pub(crate) const SCOPES: &str = "openid profile notes:read notes:write files:read files:write calendar:read calendar:write \
                                 todo:read todo:write contacts:read contacts:write deck:read deck:write tables:read \
                                 tables:write cookbook:read cookbook:write sharing:read sharing:write";

/// Method, path and the status of success of every interface.
pub(crate) fn every_interface(user: &TestUser) -> Vec<(&'static str, String, u16)> {
    let name = user.name;
    let others = [
        ("PROPFIND", format!("/remote.php/dav/calendars/{name}/"), 207),
        ("PROPFIND", format!("/remote.php/dav/addressbooks/users/{name}/"), 207),
        ("GET", DECK.to_owned(), 200),
        ("GET", TABLES.to_owned(), 200),
        ("GET", TABLES_OCS.to_owned(), 200),
        ("GET", RECIPES.to_owned(), 200),
        ("GET", SHARES.to_owned(), 200),
        ("GET", REMOTE_SHARES.to_owned(), 200),
    ];
    interfaces(user).into_iter().chain(others).collect()
}

/// The same of OCS, Notes and WebDAV, one of each kind.
pub(crate) fn interfaces(user: &TestUser) -> [(&'static str, String, u16); 3] {
    [
        ("GET", OCS.to_owned(), 200),
        ("GET", NOTES.to_owned(), 200),
        ("PROPFIND", format!("/remote.php/dav/files/{}/", user.name), 207),
    ]
}

#[tokio::test]
async fn c01_a_token_opens_ocs_notes_and_webdav_and_no_cookie_is_set() {
    let app = CloudApp::boot().await;
    for format in FORMATS {
        let tokens = app.token_of(&app.alice, SCOPES, format).await;
        assert_eq!(tokens.access_token().starts_with("nca_"), format == Format::Opaque);
        for (method, path, good) in every_interface(&app.alice) {
            let reply = app.with(method, &path, &tokens.bearer()).await;
            assert_eq!(reply.status.as_u16(), good, "{format:?} {path}: {}", reply.text);
            assert!(cookies_of(&reply.headers).is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn c02_a_bogus_token_beside_a_session_is_refused_and_the_session_lives_on() {
    let app = CloudApp::boot().await;
    let client = app.client(Format::Jwt).await;
    let mut browser = Browser::new(&app);
    browser.code(&app.alice, &client, &[("scope", "openid")]).await;
    for (_, path, _) in every_interface(&app.alice) {
        for method in ["GET", "POST"] {
            for token in ["Bearer nca_bogus", "Bearer eyJhbGciOiJub25lIn0.e30."] {
                let request = app.request(method, &path).header("authorization", token);
                let reply = send(request.header("cookie", browser.cookie_header())).await;
                assert_eq!(reply.status.as_u16(), 401, "{method} {path}");
                assert!(cookies_of(&reply.headers).is_empty(), "{path}");
            }
        }
    }
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

/// Whether the provider knows the person without asking for the password.
async fn is_signed_in(app: &CloudApp, browser: &mut Browser<'_>, client: &str) -> bool {
    let (address, _) = browser.authorization(client, &[("scope", "openid"), ("prompt", "none")]);
    let reply = browser.open("GET", &address, None).await;
    let location = reply.headers["location"].to_str().expect("text");
    assert!(
        location.contains("state=state") && location.contains("iss="),
        "{location} of {}",
        app.url
    );
    location.contains("code=")
}

#[tokio::test]
async fn c03_a_session_alone_opens_no_interface_and_lives_on() {
    let app = CloudApp::boot().await;
    let client = app.client(Format::Jwt).await;
    let mut browser = Browser::new(&app);
    browser.code(&app.alice, &client, &[("scope", "openid")]).await;
    for (_, path, _) in every_interface(&app.alice) {
        for (method, origin) in [
            ("GET", "https://app.example"),
            ("POST", "https://app.example"),
            ("PUT", "null"),
        ] {
            let request = app.request(method, &path).header("cookie", browser.cookie_header());
            let reply = send(request.header("origin", origin).header("ocs-apirequest", "true")).await;
            assert_eq!(reply.status.as_u16(), 401, "{method} {path}");
            assert!(cookies_of(&reply.headers).is_empty());
        }
    }
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn c04_a_token_beside_another_user_s_session_is_the_token_s_user() {
    let app = CloudApp::boot().await;
    let client = app.client(Format::Jwt).await;
    let mut browser = Browser::new(&app);
    browser.code(&app.bob, &client, &[("scope", "openid")]).await;
    for format in FORMATS {
        let tokens = app.token_of(&app.alice, SCOPES, format).await;
        let both = async |method: &str, path: &str| {
            let request = app.request(method, path).header("cookie", browser.cookie_header());
            send(request.header("authorization", tokens.bearer())).await
        };
        assert_eq!(both("GET", OCS).await.message()["ocs"]["data"]["id"], "alice");
        let file = format!("{format:?}.txt");
        let (own, other) = (
            format!("/remote.php/dav/files/alice/{file}"),
            format!("/remote.php/dav/files/bob/{file}"),
        );
        assert_eq!(both("PUT", &own).await.status.as_u16(), 201);
        assert_eq!(both("PUT", &other).await.status.as_u16(), 403);
        assert_eq!(app.status("GET", &other, &app.bob.basic()).await, 404);
        let title = format!("Of {format:?}");
        let note = app.request("POST", NOTES).header("cookie", browser.cookie_header());
        let note = note
            .header("authorization", tokens.bearer())
            .json(&json!({ "title": title }));
        assert_eq!(send(note).await.status.as_u16(), 200);
        let titles = async |user: &TestUser| app.with("GET", NOTES, &user.basic()).await.text;
        assert!(titles(&app.alice).await.contains(&title));
        assert!(!titles(&app.bob).await.contains(&title));
        for (method, path, good) in every_interface(&app.alice) {
            assert_eq!(both(method, &path).await.status.as_u16(), good, "{path}");
        }
        for thing in things(&format!("{format:?}")) {
            let request = app
                .request(thing.method, &thing.at)
                .header("cookie", browser.cookie_header());
            let made = send(thing.body(request.header("authorization", tokens.bearer()))).await;
            assert!(made.status.is_success(), "{}: {} {}", thing.at, made.status, made.text);
            for (user, is_there) in [(&app.alice, true), (&app.bob, false)] {
                let path = thing.list.replace("{user}", user.name);
                let request = app.request(thing.lister, &path).header("depth", "1");
                let request = request.header("ocs-apirequest", "true");
                let listed = send(request.header("authorization", user.basic())).await;
                assert!(listed.status.is_success(), "{path}: {}", listed.status);
                assert_eq!(listed.text.contains(&thing.name), is_there, "{path}: {}", listed.text);
            }
        }
    }
}

/// Something that a token makes, and where its owner sees it.
struct Thing {
    name: String,
    method: &'static str,
    at: String,
    made: Made,
    lister: &'static str,
    list: &'static str,
}

enum Made {
    Json(Value),
    Text(String),
}

impl Thing {
    fn body(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.made {
            Made::Json(value) => request.json(value),
            Made::Text(text) => request.body(text.clone()),
        }
    }
}

/// One thing of each app. alice has a file of the name that ends in `.txt` already.
fn things(format: &str) -> Vec<Thing> {
    let thing = |method, at: &str, made, lister, list| Thing {
        name: format!("Thing-{format}"),
        method,
        at: at.to_owned(),
        made,
        lister,
        list,
    };
    let name = format!("Thing-{format}");
    let event = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:20261120T080000Z\r\n\
         DTSTART:20261124T100000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:Ann\r\nN:Ann;;;;\r\nEND:VCARD\r\n");
    let calendar = "/remote.php/dav/calendars/{user}/personal/";
    let contacts = "/remote.php/dav/addressbooks/users/{user}/contacts/";
    let of_alice = |list: &str, suffix: &str| format!("{}{name}.{suffix}", list.replace("{user}", "alice"));
    let mut all = vec![
        thing(
            "POST",
            DECK,
            Made::Json(json!({ "title": name, "color": "ff0000" })),
            "GET",
            DECK,
        ),
        thing(
            "POST",
            TABLES,
            Made::Json(json!({ "title": name, "emoji": "", "template": "custom" })),
            "GET",
            TABLES,
        ),
        thing(
            "POST",
            RECIPES,
            Made::Json(json!({ "name": name, "recipeIngredient": [], "recipeInstructions": [] })),
            "GET",
            RECIPES,
        ),
        thing(
            "PUT",
            &of_alice(calendar, "ics"),
            Made::Text(event),
            "PROPFIND",
            calendar,
        ),
        thing(
            "PUT",
            &of_alice(contacts, "vcf"),
            Made::Text(card),
            "PROPFIND",
            contacts,
        ),
    ];
    // The file that was put there before, shared with somebody who is neither of the two.
    let mut share = thing(
        "POST",
        SHARES,
        Made::Json(json!({ "path": format!("/{format}.txt"), "shareType": 0, "shareWith": "root" })),
        "GET",
        SHARES,
    );
    share.name = format!("{format}.txt");
    all.push(share);
    all
}

#[tokio::test]
async fn c05_a_token_that_only_says_who_opens_nothing() {
    let app = CloudApp::boot().await;
    for format in FORMATS {
        let tokens = app.token_of(&app.alice, "openid", format).await;
        let users = ("GET", "/ocs/v2.php/cloud/users".to_owned(), 200);
        for (method, path, _) in every_interface(&app.alice).into_iter().chain([users]) {
            let reply = app.with(method, &path, &tokens.bearer()).await;
            assert_eq!(reply.status.as_u16(), 403, "{path}");
            let challenge = reply.headers["www-authenticate"].to_str().expect("text");
            assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        }
        let reader = app.token_of(&app.alice, "notes:read", format).await;
        assert_eq!(app.status("GET", NOTES, &reader.bearer()).await, 200);
        assert_eq!(app.status("POST", NOTES, &reader.bearer()).await, 403);
    }
}

#[tokio::test]
async fn c06_a_token_for_another_resource_is_refused() {
    let app = CloudApp::boot().await;
    let other = "https://mcp.example.org/mcp";
    let resource = Resource {
        uri: other.to_owned(),
        owner: None,
        document: ResourceDocument {
            scopes: vec!["notes:read".to_owned()],
            open_to_dynamic_clients: true,
            ..ResourceDocument::default()
        },
    };
    let admin = Admin::new(app.provider.store(), app.provider.now(), "test");
    admin.put_resource(resource).await.expect("a resource");
    for format in FORMATS {
        let client = app.client(format).await;
        let parameters = [("scope", "openid notes:read"), ("resource", other)];
        let foreign = app.authorize(&app.alice, &client, &parameters).await;
        // Nor one for no resource at all, which is for user info only.
        let about = app.authorize(&app.alice, &client, &[("scope", "openid profile")]).await;
        for tokens in [foreign, about] {
            for (method, path, _) in every_interface(&app.alice) {
                assert_eq!(app.status(method, &path, &tokens.bearer()).await, 401, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn c07_case_and_spaces_are_free_and_nothing_may_follow() {
    let app = CloudApp::boot().await;
    let tokens = app.token_of(&app.alice, SCOPES, Format::Opaque).await;
    let token = tokens.access_token();
    for (method, path, good) in every_interface(&app.alice) {
        for header in [format!("bearer {token}"), format!("Bearer  {token}")] {
            assert_eq!(app.status(method, &path, &header).await, good, "{path}");
        }
        for header in [
            format!("Bearer {token} x"),
            format!("Bearer\t{token}"),
            format!("Bearer {token},x"),
        ] {
            assert_eq!(app.status(method, &path, &header).await, 400, "{path} {header}");
        }
        let two = app.request(method, &path).header("authorization", app.alice.basic());
        let reply = send(two.header("authorization", tokens.bearer())).await;
        assert_eq!(reply.status.as_u16(), 400, "{path}");
    }
}

#[tokio::test]
async fn c08_what_needs_a_confirmed_password_takes_no_token() {
    let app = CloudApp::boot().await;
    for format in FORMATS {
        let tokens = app.token_of(&app.root, SCOPES, format).await;
        for (method, path) in [
            ("GET", "/ocs/v2.php/core/getapppassword"),
            ("PUT", "/ocs/v2.php/core/apppassword/confirm"),
            ("PUT", "/ocs/v2.php/cloud/users/root"),
            ("GET", "/apps/oidc/clients"),
        ] {
            assert_eq!(app.status(method, path, &tokens.bearer()).await, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn c09_a_preflight_names_the_headers_and_never_allows_credentials() {
    let app = CloudApp::boot().await;
    for (_, path, _) in every_interface(&app.alice) {
        let request = app
            .request("OPTIONS", &path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "authorization,depth");
        let reply = send(request).await;
        assert_eq!(reply.status.as_u16(), 204, "{path}");
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
        let allowed = reply.headers["access-control-allow-headers"].to_str().expect("text");
        for header in [
            "Authorization",
            "Content-Type",
            "Accept",
            "If-Match",
            "OCS-APIRequest",
            "Depth",
            "Destination",
        ] {
            assert!(allowed.split(", ").any(|name| name == header), "{header} at {path}");
        }
        assert!(allowed.contains("Overwrite"));
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn c10_with_a_second_factor_only_app_passwords_and_tokens_work() {
    let app = CloudApp::boot().await;
    let tokens = [
        app.token_of(&app.alice, SCOPES, Format::Opaque).await,
        app.token_of(&app.alice, SCOPES, Format::Jwt).await,
    ];
    app.cloud
        .set_up_second_factor(&UserId::new("alice"))
        .await
        .expect("a second factor");
    let password = nc_auth::basic::header_value("alice", &app.alice.password);
    let all = every_interface(&app.alice);
    let ask = async |method: &str, path: &str, authorization: &str| {
        let request = app.request(method, path).header("authorization", authorization);
        send(request.header("ocs-apirequest", "true")).await.status.as_u16()
    };
    let (first, rest) = all.split_at(all.len() / 2);
    for (method, path, _) in first {
        assert_eq!(ask(method, path, &password).await, 401, "{path}");
    }
    for (method, path, good) in &all {
        assert_eq!(ask(method, path, &app.alice.basic()).await, *good, "{path}");
        let bearer = format!("Bearer {}", app.alice.app_password);
        assert_eq!(ask(method, path, &bearer).await, *good, "{path}");
        for tokens in &tokens {
            assert_eq!(ask(method, path, &tokens.bearer()).await, *good, "{path}");
        }
    }
    // Whoever fails too often has to wait, and tokens do not live that long.
    app.clock.advance(time::Duration::seconds(301));
    for (method, path, _) in rest {
        assert_eq!(ask(method, path, &password).await, 401, "{path}");
    }
}

#[tokio::test]
async fn c11_a_disabled_account_is_shut_out_at_once() {
    let app = CloudApp::boot().await;
    let mut tokens = Vec::new();
    for format in FORMATS {
        tokens.push(app.token_of(&app.alice, SCOPES, format).await.bearer());
    }
    let passwords = [
        app.alice.basic(),
        format!("Bearer {}", app.alice.app_password),
        nc_auth::basic::header_value("alice", &app.alice.password),
    ];
    let alice = UserId::new("alice");
    for enabled in [true, false] {
        app.cloud.set_enabled(&alice, enabled).await.expect("set");
        // The tokens first: they do not live as long as whoever fails too often has to wait.
        for (credential, is_password) in tokens
            .iter()
            .map(|token| (token, false))
            .chain(passwords.iter().map(|password| (password, true)))
        {
            for (number, (method, path, good)) in every_interface(&app.alice).into_iter().enumerate() {
                if is_password && !enabled && number.is_multiple_of(6) {
                    app.clock.advance(time::Duration::seconds(301));
                }
                let request = app.request(method, &path).header("ocs-apirequest", "true");
                let reply = send(request.header("authorization", credential)).await;
                assert_eq!(reply.status.as_u16(), if enabled { good } else { 401 }, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn c12_login_flow_gives_its_password_once_in_time_and_to_its_own_token() {
    let app = CloudApp::boot().await;
    let start = async || send(app.request("POST", "/index.php/login/v2")).await.message();
    let poll = async |token: &str| {
        let request = app.request("POST", "/login/v2/poll").form(&[("token", token)]);
        send(request).await
    };
    let (taken, late) = (start().await, start().await);
    for flow in [&taken, &late] {
        let mut browser = Browser::new(&app);
        let page = browser.open("GET", flow["login"].as_str().expect("a link"), None).await;
        let mut form = nc_testkit::browser::Form::find(&page.text);
        form.fields.push(("user".to_owned(), "alice".to_owned()));
        form.fields.push(("password".to_owned(), app.alice.password.clone()));
        let page = browser.open("POST", &form.action, Some(&form.fields)).await;
        let mut form = nc_testkit::browser::Form::find(&page.text);
        form.fields.push(("decision".to_owned(), "grant".to_owned()));
        let done = browser.open("POST", &form.action, Some(&form.fields)).await;
        assert_eq!(done.status.as_u16(), 200, "{}", done.text);
    }
    let token = |flow: &serde_json::Value| flow["poll"]["token"].as_str().expect("a token").to_owned();
    assert_eq!(poll(&"x".repeat(128)).await.status.as_u16(), 404);
    let granted = poll(&token(&taken)).await;
    assert_eq!(granted.message()["loginName"], "alice");
    assert_eq!(poll(&token(&taken)).await.status.as_u16(), 404);
    app.clock.advance(time::Duration::seconds(1201));
    let reply = poll(&token(&late)).await;
    assert_eq!((reply.status.as_u16(), reply.message()), (404, json!([])));
}

#[tokio::test]
async fn the_cloud_tells_who_issues_its_tokens_and_the_issuer_tells_the_same() {
    let app = CloudApp::boot().await;
    let reply = send(app.request("GET", OCS)).await;
    let challenge = reply.headers["www-authenticate"].to_str().expect("text").to_owned();
    let metadata = format!("{}/.well-known/oauth-protected-resource", app.url);
    assert!(
        challenge.contains(&format!(r#"resource_metadata="{metadata}""#)),
        "{challenge}"
    );
    let resource = send(app.request("GET", &metadata)).await.message();
    assert_eq!(resource["resource"], app.url.as_str());
    let issuer = resource["authorization_servers"][0].as_str().expect("an issuer");
    let server = send(app.request("GET", &format!("{issuer}/.well-known/oauth-authorization-server"))).await;
    assert_eq!(server.message()["issuer"], issuer);
    for prefix in ["/apps/oidc", "/index.php/apps/oidc"] {
        let keys = send(app.request("GET", &format!("{prefix}/jwks"))).await;
        assert!(keys.message()["keys"].is_array(), "{prefix}");
    }
}
