//! Clients from their registration to their end, at the cloud as it ships.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_testkit::{
    app::{Reply, send},
    browser::{Browser, Form},
    cloud_app::{CloudApp, Format, REDIRECT, Tokens},
};
use serde_json::{Value, json};
use url::Url;

use crate::tokens::{NOTES, interfaces};

/// All scopes that are not for administrators: 21 of them, 247 characters.
const REFERENCE: &str = "openid profile email notes:read notes:write calendar:read calendar:write todo:read todo:write contacts:read \
                         contacts:write cookbook:read cookbook:write deck:read deck:write tables:read tables:write files:read \
                         files:write sharing:read sharing:write";

struct Registered {
    id: String,
    secret: String,
    /// The value of an `Authorization` header for its management.
    own: String,
    path: String,
}

async fn register(app: &CloudApp, format: &str) -> Registered {
    let client = json!({
        "client_name": "A client", "redirect_uris": [REDIRECT], "application_type": "native", "token_type": format,
        "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code", "refresh_token"],
    });
    let reply = send(app.request("POST", "/apps/oidc/register").json(&client)).await;
    assert_eq!(reply.status.as_u16(), 201, "{}", reply.text);
    let made = reply.message();
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    Registered {
        id: text("client_id"),
        secret: text("client_secret"),
        own: format!("Bearer {}", text("registration_access_token")),
        path: text("registration_client_uri"),
    }
}

impl Registered {
    async fn tokens(&self, app: &CloudApp, parameters: &[(&str, &str)]) -> Tokens {
        app.authorize_as(&app.alice, &self.id, Some(&self.secret), parameters)
            .await
    }

    async fn post(&self, app: &CloudApp, path: &str, form: &[(&str, &str)]) -> Reply {
        let own = [("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())];
        send(app.request("POST", path).form(&[&own[..], form].concat())).await
    }
}

fn set(scopes: &Value) -> Vec<String> {
    let mut scopes: Vec<String> = scopes.as_str().expect("text").split(' ').map(str::to_owned).collect();
    scopes.sort();
    scopes
}

#[tokio::test]
async fn s01_a_client_registers_itself_works_and_deletes_itself_with_all_that_it_had() {
    let app = CloudApp::boot().await;
    for format in ["jwt", "opaque"] {
        let client = register(&app, format).await;
        let scopes = [
            ("scope", "openid offline_access notes:read files:read profile"),
            ("resource", app.url.as_str()),
        ];
        let tokens = client.tokens(&app, &scopes).await;
        for (method, path, good) in interfaces(&app.alice) {
            assert_eq!(app.status(method, &path, &tokens.bearer()).await, good, "{path}");
        }
        assert_eq!(
            app.with("GET", &client.path, &client.own).await.message()["client_id"],
            client.id
        );
        // Nobody else manages it.
        let other = register(&app, format).await;
        let basic = nc_auth::basic::header_value(&client.id, &client.secret);
        let unknown = client.path.replace(&client.id, "nobody");
        for (path, authorization) in [
            (&client.path, other.own.as_str()),
            (&client.path, "Bearer ncg_wrong"),
            (&client.path, &basic),
            (&client.path, &tokens.bearer()),
            (&unknown, &client.own),
        ] {
            for method in ["GET", "PUT", "DELETE"] {
                assert_eq!(app.status(method, path, authorization).await, 401, "{method} {path}");
            }
        }
        assert_eq!(send(app.request("DELETE", &client.path)).await.status.as_u16(), 401);
        let deleted = app.with("DELETE", &client.path, &client.own).await;
        assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
        assert_eq!(app.status("DELETE", &client.path, &client.own).await, 401);
        for (method, path, _) in interfaces(&app.alice) {
            assert_eq!(app.status(method, &path, &tokens.bearer()).await, 401, "{path}");
        }
        let refresh = tokens.answer["refresh_token"].as_str().expect("a refresh token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let refused = client.post(&app, "/apps/oidc/token", &form).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.message()["error"]),
            (401, &json!("invalid_client"))
        );
    }
}

#[tokio::test]
async fn s02_all_21_scopes_arrive_everywhere() {
    assert_eq!((REFERENCE.split(' ').count(), REFERENCE.len()), (21, 247));
    let app = CloudApp::boot().await;
    let expected = set(&REFERENCE.into());
    for format in ["jwt", "opaque"] {
        let client = register(&app, format).await;
        let about = client.tokens(&app, &[("scope", REFERENCE)]).await;
        let info = app.with("GET", "/apps/oidc/userinfo", &about.bearer()).await.message();
        assert_eq!(set(&info["scope"]), expected);
        let tokens = client
            .tokens(&app, &[("scope", REFERENCE), ("resource", &app.url)])
            .await;
        for tokens in [&about, &tokens] {
            assert_eq!(set(&tokens.answer["scope"]), expected);
            let form = [("token", tokens.access_token())];
            let told = client.post(&app, "/apps/oidc/introspect", &form).await.message();
            assert_eq!((&told["active"], set(&told["scope"])), (&json!(true), expected.clone()));
            if format == "jwt" {
                let payload = tokens.access_token().split('.').nth(1).expect("a payload");
                let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url");
                let claims: Value = serde_json::from_slice(&claims).expect("JSON");
                assert_eq!(set(&claims["scope"]), expected);
            }
        }
        for (method, path, good) in interfaces(&app.alice) {
            assert_eq!(app.status(method, &path, &tokens.bearer()).await, good, "{path}");
        }
    }
}

fn sign_in(app: &CloudApp, page: &Reply) -> Form {
    let mut form = Form::find(&page.text);
    form.fields.push(("user".to_owned(), "alice".to_owned()));
    form.fields.push(("password".to_owned(), app.alice.password.clone()));
    form
}

#[tokio::test]
async fn s03_what_a_new_client_asked_for_survives_sign_in_and_consent() {
    let app = CloudApp::boot().await;
    let client = app.client(Format::Jwt).await;
    let mut browser = Browser::new(&app);
    let state = "a state with spaces & ünïcode/+%";
    let asked = [
        ("scope", "openid notes:read"),
        ("resource", app.url.as_str()),
        ("nonce", "n&once+"),
        ("login_hint", "alice"),
    ];
    let (address, verifier) = browser.authorization(&client, &asked);
    let mut address = Url::parse(&address).expect("an address");
    let kept: Vec<(String, String)> = address
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != "state")
        .collect();
    address
        .query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("state", state);
    let page = browser.open("GET", address.as_str(), None).await;
    assert!(page.text.contains(r#"name="password""#), "{}", page.text);
    let form = sign_in(&app, &page);
    let page = browser.open("POST", &form.action, Some(&form.fields)).await;
    assert!(page.text.contains("notes:read"), "{}", page.text);
    let form = Form::find(&page.text);
    let answer = browser.open("POST", &form.action, Some(&form.fields)).await;
    assert_eq!(answer.status.as_u16(), 303);
    let location = Url::parse(answer.headers["location"].to_str().expect("text")).expect("an address");
    let told = |name: &str| {
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(
        (told("state").as_deref(), told("iss")),
        (Some(state), Some(app.url.clone()))
    );
    let code = told("code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("client_id", &client),
        ("code_verifier", &verifier),
    ];
    let tokens = send(app.request("POST", "/apps/oidc/token").form(&form))
        .await
        .message();
    assert_eq!(set(&tokens["scope"]), ["notes:read", "openid"]);
    let id_token = tokens["id_token"]
        .as_str()
        .expect("an ID token")
        .split('.')
        .nth(1)
        .expect("a payload");
    let claims: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(id_token).expect("base64url")).expect("JSON");
    assert_eq!(claims["nonce"], "n&once+");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
    assert_eq!(app.status("GET", NOTES, &bearer).await, 200);
}

#[tokio::test]
async fn s04_what_is_unticked_on_consent_is_neither_in_the_token_nor_at_the_interfaces() {
    let app = CloudApp::boot().await;
    for format in [Format::Jwt, Format::Opaque] {
        let client = app.client(format).await;
        let mut browser = Browser::new(&app);
        let asked = [
            ("scope", "openid notes:read notes:write files:read"),
            ("resource", app.url.as_str()),
        ];
        let (address, verifier) = browser.authorization(&client, &asked);
        let page = browser.open("GET", &address, None).await;
        let form = sign_in(&app, &page);
        let page = browser.open("POST", &form.action, Some(&form.fields)).await;
        let mut form = Form::find(&page.text);
        let before = form.fields.len();
        form.fields
            .retain(|(name, value)| name != "scope" || (value != "notes:write" && value != "files:read"));
        assert_eq!(form.fields.len(), before - 2, "{form:?}");
        let answer = browser.open("POST", &form.action, Some(&form.fields)).await;
        let location = Url::parse(answer.headers["location"].to_str().expect("text")).expect("an address");
        let code = location
            .query_pairs()
            .find(|(name, _)| name == "code")
            .expect("a code")
            .1
            .into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("client_id", &client),
            ("code_verifier", &verifier),
        ];
        let tokens = send(app.request("POST", "/apps/oidc/token").form(&form))
            .await
            .message();
        assert_eq!(set(&tokens["scope"]), ["notes:read", "openid"]);
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
        assert_eq!(app.status("GET", NOTES, &bearer).await, 200);
        assert_eq!(app.status("POST", NOTES, &bearer).await, 403);
        assert_eq!(
            app.status("PROPFIND", "/remote.php/dav/files/alice/", &bearer).await,
            403
        );
    }
}
