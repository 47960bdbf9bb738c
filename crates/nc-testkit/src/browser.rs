//! A small browser: keeps cookies, follows redirects, fills in the forms of our pages.

use std::collections::BTreeMap;

use url::Url;

use crate::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, REDIRECT, cookies_of},
    totp,
};

/// Most steps from one address to the next page.
const MOST_REDIRECTS: usize = 10;

/// A browser of one person.
pub struct Browser<'a> {
    app: &'a CloudApp,
    cookies: BTreeMap<String, String>,
    /// The secret of the person's authenticator app.
    pub second_factor: Option<String>,
}

/// A form of a page: where it goes, and what is filled in already.
#[derive(Debug)]
pub struct Form {
    /// Where it is posted.
    pub action: String,
    /// Names and values of the hidden fields and ticked boxes.
    pub fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    /// Without cookies.
    pub const fn new(app: &'a CloudApp) -> Self {
        Self {
            app,
            cookies: BTreeMap::new(),
            second_factor: None,
        }
    }

    /// Where it is used.
    pub const fn app(&self) -> &'a CloudApp {
        self.app
    }

    /// The cookies as the browser sends them.
    pub fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// One request, without following.
    pub async fn step(&mut self, method: &str, address: &str, form: Option<&[(String, String)]>) -> Reply {
        let mut request = self.app.request(method, address).header("cookie", self.cookie_header());
        if let Some(form) = form {
            request = request.form(form).header("origin", &self.app.url);
        }
        let reply = send(request).await;
        for cookie in cookies_of(&reply.headers) {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Requests until there is a page, or an answer for the program.
    ///
    /// # Panics
    /// When the redirects do not end.
    pub async fn open(&mut self, method: &str, address: &str, form: Option<&[(String, String)]>) -> Reply {
        let mut reply = self.step(method, address, form).await;
        for _ in 0..MOST_REDIRECTS {
            let location = reply.headers.get("location").and_then(|value| value.to_str().ok());
            match location.map(str::to_owned) {
                Some(next) if !next.starts_with(REDIRECT) => reply = self.step("GET", &next, None).await,
                _ => return reply,
            }
        }
        panic!("redirects without end");
    }

    /// The address of an authorization request, and the verifier that goes with it.
    pub fn authorization(&self, client_id: &str, parameters: &[(&str, &str)]) -> (String, String) {
        let (verifier, challenge) = CloudApp::pkce();
        let mut url = Url::parse(&format!("{}/apps/oidc/authorize", self.app.url)).expect("an address");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("state", "state")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(parameters);
        (url.into(), verifier)
    }

    /// An authorization request to its end: the code and the verifier. Signs in and allows where asked.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn code(&mut self, user: &TestUser, client_id: &str, parameters: &[(&str, &str)]) -> (String, String) {
        let (address, verifier) = self.authorization(client_id, parameters);
        let mut reply = self.open("GET", &address, None).await;
        for _ in 0..4 {
            if reply.headers.contains_key("location") {
                break;
            }
            let mut form = Form::find(&reply.text);
            if reply.text.contains(r#"name="password""#) {
                form.fields.push(("user".to_owned(), user.name.to_owned()));
                form.fields.push(("password".to_owned(), user.password.clone()));
            }
            if let Some(secret) = self
                .second_factor
                .as_ref()
                .filter(|_| reply.text.contains(r#"name="code""#))
            {
                let code = totp::code(secret, self.app.clock.now().unix_timestamp());
                form.fields.push(("code".to_owned(), code));
            }
            reply = self.open("POST", &form.action, Some(&form.fields)).await;
        }
        let location = reply
            .headers
            .get("location")
            .unwrap_or_else(|| panic!("no answer: {}", reply.text));
        let answer = Url::parse(location.to_str().expect("text")).expect("an address");
        let code = answer.query_pairs().find(|(name, _)| name == "code");
        let code = code.unwrap_or_else(|| panic!("no code: {answer}")).1.into_owned();
        (code, verifier)
    }
}

impl Form {
    /// The first form of a page.
    ///
    /// # Panics
    /// When there is none.
    pub fn find(page: &str) -> Self {
        let (_, rest) = page.split_once("<form").unwrap_or_else(|| panic!("no form in {page}"));
        let action = attribute(rest.split('>').next().unwrap_or_default(), "action").expect("an action");
        let body = rest.split("</form>").next().unwrap_or_default();
        let mut fields: Vec<(String, String)> = Vec::new();
        for input in body.split("<input").skip(1) {
            let input = input.split('>').next().unwrap_or_default();
            let kind = attribute(input, "type").unwrap_or_default();
            let ticked = kind == "checkbox" && input.contains(" checked") && !input.contains(" disabled");
            if kind == "hidden" || ticked {
                let value = attribute(input, "value").unwrap_or_default();
                fields.push((attribute(input, "name").expect("a name"), value));
            }
        }
        Self { action, fields }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(r#"{name}=""#))?;
    let value = rest.split('"').next()?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}
