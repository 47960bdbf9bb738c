//! A person with a browser and a passkey.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_testkit::{
    app::{Reply, TestUser, send},
    authenticator::Authenticator,
    browser::{Browser, Form},
    cloud_app::{CloudApp, Format, REDIRECT},
};
use serde_json::Value;
use url::Url;

/// The list of the own passkeys.
pub(super) const PASSKEYS: &str = "/apps/oidc/connected/passkeys";
/// The page that makes one.
pub(super) const NEW: &str = "/apps/oidc/connected/passkeys/new";

pub(super) struct Person<'a> {
    pub(super) user: &'a TestUser,
    pub(super) browser: Browser<'a>,
    pub(super) key: Authenticator,
}

impl<'a> Person<'a> {
    /// Not signed in, and with a key that is for nothing yet.
    pub(super) fn new(app: &'a CloudApp, user: &'a TestUser) -> Self {
        Self {
            user,
            browser: Browser::new(app),
            key: Authenticator::new(&app.url),
        }
    }

    /// Signed in with the password just now, and with a passkey.
    pub(super) async fn with_passkey(app: &'a CloudApp, user: &'a TestUser, name: &str) -> Self {
        let mut person = Self::new(app, user);
        let reply = person.register(name).await;
        assert!(
            reply.text.contains("Added.") && reply.text.contains(name),
            "{}",
            reply.text
        );
        person
    }

    /// To a page for who signed in. The page.
    pub(super) async fn sign_in(&mut self, address: &str) -> String {
        let page = self.browser.open("GET", address, None).await.text;
        let mut form = Form::find(&page);
        form.fields.push(("user".to_owned(), self.user.name.to_owned()));
        form.fields.push(("password".to_owned(), self.user.password.clone()));
        self.browser.open("POST", &form.action, Some(&form.fields)).await.text
    }

    /// The page that makes a passkey.
    pub(super) async fn new_page(&mut self) -> String {
        let page = self.browser.open("GET", NEW, None).await.text;
        if page.contains("data-options") {
            page
        } else {
            self.sign_in(NEW).await
        }
    }

    /// Makes a passkey there. What is said.
    pub(super) async fn register(&mut self, name: &str) -> Reply {
        let page = self.new_page().await;
        let made = self.key.make(&options(&page));
        let mut form = filled(&page, &made.to_string());
        form.fields.push(("name".to_owned(), name.to_owned()));
        self.browser.open("POST", &form.action, Some(&form.fields)).await
    }

    /// The form of a page that asks for a passkey, filled in.
    pub(super) fn sign(&self, page: &str) -> Form {
        filled(page, &self.key.sign(&options(page)).to_string())
    }
}

/// The page that asks for a passkey, for an authorization request that goes with the verifier.
pub(super) async fn page(browser: &mut Browser<'_>, parameters: &[(&str, &str)]) -> (String, String) {
    let client = browser.app().client(Format::Jwt).await;
    let parameters = [&[("scope", "openid"), ("prompt", "login")], parameters].concat();
    let (address, verifier) = browser.authorization(&client, &parameters);
    let sign_in = browser.open("GET", &address, None).await.text;
    let page = browser.open("GET", &link(&sign_in), None).await.text;
    assert!(page.contains("data-options"), "{page}");
    (page, verifier)
}

/// From the filled form to the claims of the ID token.
pub(super) async fn finish(browser: &mut Browser<'_>, form: Form, verifier: &str) -> Value {
    let consent = browser.open("POST", &form.action, Some(&form.fields)).await;
    let location = |reply: &Reply| Some(reply.headers.get("location")?.to_str().ok()?.to_owned());
    let answer = if let Some(answer) = location(&consent) {
        answer
    } else {
        let form = Form::find(&consent.text);
        let reply = browser.open("POST", &form.action, Some(&form.fields)).await;
        location(&reply).unwrap_or_else(|| panic!("no answer: {}", reply.text))
    };
    let answer = Url::parse(&answer).expect("an address");
    let code = answer.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap_or_else(|| panic!("no code: {answer}")).1.into_owned();
    let app = browser.app();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("client_id", &app.client(Format::Jwt).await),
        ("code_verifier", verifier),
    ];
    let reply = send(app.request("POST", "/apps/oidc/token").form(&form)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let message = reply.message();
    let token = message["id_token"].as_str().expect("an ID token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    serde_json::from_slice(&claims).expect("JSON")
}

/// Where the sign-in page leads for a passkey.
pub(super) fn link(page: &str) -> String {
    let (before, _) = page
        .split_once(r#"">Sign in with a passkey"#)
        .unwrap_or_else(|| panic!("no link in {page}"));
    let (_, address) = before.rsplit_once(r#"href=""#).expect("an address");
    unescaped(address)
}

/// What the browser is asked with.
pub(super) fn options(page: &str) -> Value {
    let (_, rest) = page
        .split_once(r#"data-options=""#)
        .unwrap_or_else(|| panic!("no options in {page}"));
    let (options, _) = rest.split_once('"').expect("an end");
    serde_json::from_str(&unescaped(options)).expect("JSON")
}

/// The form of a page with this as the credential.
pub(super) fn filled(page: &str, credential: &str) -> Form {
    let mut form = Form::find(page);
    for (name, value) in &mut form.fields {
        if name == "credential" {
            credential.clone_into(value);
        }
    }
    form
}

pub(super) fn unescaped(text: &str) -> String {
    let text = text.replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}
