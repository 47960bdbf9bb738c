//! A browser for any servers on this machine: keeps cookies by host as browsers do, follows redirects, fills in forms.

use std::collections::BTreeMap;

use reqwest::Method;
use url::Url;

use crate::{
    app::{Reply, TestUser, send},
    browser::Form,
    cloud_app::cookies_of,
};

/// Most steps from one address to the next page.
const MOST_STEPS: usize = 12;

/// One browser. All servers are on one host, so there is one set of cookies.
#[derive(Default)]
pub struct Tab {
    http: reqwest::Client,
    /// The cookies.
    pub cookies: BTreeMap<String, String>,
    /// Every address that was asked.
    pub visited: Vec<String>,
}

/// A page and its address.
pub struct Page {
    /// Where.
    pub at: Url,
    /// What.
    pub reply: Reply,
}

impl Tab {
    /// A fresh browser.
    ///
    /// # Panics
    /// When there is no client.
    #[expect(clippy::disallowed_methods, reason = "a browser that knows nothing of ours")]
    pub fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().expect("a client"),
            cookies: BTreeMap::new(),
            visited: Vec::new(),
        }
    }

    /// One request, without following.
    ///
    /// # Panics
    /// When the method is none.
    pub async fn step(&mut self, method: &str, at: &Url, form: Option<&[(String, String)]>) -> Reply {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.visited.push(at.to_string());
        let mut request = self.http.request(method, at.clone());
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            request = request.header("cookie", pairs.collect::<Vec<_>>().join("; "));
        }
        if let Some(form) = form {
            request = request.form(form).header("origin", at.origin().ascii_serialization());
        }
        let reply = send(request).await;
        for cookie in cookies_of(&reply.headers) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if attributes.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Requests until there is a page.
    ///
    /// # Panics
    /// When the redirects do not end.
    pub async fn open(&mut self, method: &str, address: &str, form: Option<&[(String, String)]>) -> Page {
        self.open_until(method, address, form, |_| false).await
    }

    /// Requests until there is a page, or a redirect to an address that is looked for.
    ///
    /// # Panics
    /// When the redirects do not end.
    pub async fn open_until(
        &mut self,
        method: &str,
        address: &str,
        form: Option<&[(String, String)]>,
        stop: impl Fn(&Url) -> bool,
    ) -> Page {
        let mut at = Url::parse(address).expect("an address");
        let mut reply = self.step(method, &at, form).await;
        for _ in 0..MOST_STEPS {
            let location = reply.headers.get("location").and_then(|value| value.to_str().ok());
            let Some(next) = location.map(|next| at.join(next).expect("an address")) else {
                return Page { at, reply };
            };
            at = next;
            if stop(&at) {
                return Page { at, reply };
            }
            reply = self.step("GET", &at, None).await;
        }
        panic!("redirects without end");
    }

    /// Submits the first form of a page, as this person.
    pub async fn submit(&mut self, page: &Page, user: &TestUser) -> Page {
        self.submit_until(page, user, |_| false).await
    }

    /// The same, to a redirect that is looked for.
    ///
    /// # Panics
    /// When the page has no form.
    pub async fn submit_until(&mut self, page: &Page, user: &TestUser, stop: impl Fn(&Url) -> bool) -> Page {
        let text = &page.reply.text;
        let mut form = Form::find(text);
        if text.contains(r#"name="password""#) {
            form.fields.push(("user".to_owned(), user.name.to_owned()));
            form.fields.push(("password".to_owned(), user.password.clone()));
        }
        if text.contains(r#"name="decision" value="grant""#) {
            form.fields.push(("decision".to_owned(), "grant".to_owned()));
        }
        let action = page.at.join(&form.action).expect("an address");
        self.open_until("POST", action.as_str(), Some(&form.fields), stop).await
    }

    /// Submits forms until a page has none, or is at an address with this path.
    ///
    /// # Panics
    /// When that does not end.
    pub async fn submit_all(&mut self, mut page: Page, user: &TestUser, path: &str) -> Page {
        for _ in 0..6 {
            if !page.reply.text.contains("<form") || page.at.path() == path {
                return page;
            }
            page = self.submit(&page, user).await;
        }
        panic!("forms without end: {}", page.reply.text);
    }

    /// Follows the `Refresh` of a page that waits.
    ///
    /// # Panics
    /// When it has none.
    pub async fn refresh(&mut self, page: &Page) -> Page {
        let refresh = page.reply.headers.get("refresh");
        let refresh = refresh.unwrap_or_else(|| panic!("no refresh: {}", page.reply.text));
        let (_, next) = refresh.to_str().expect("text").split_once("url=").expect("an address");
        let next = page.at.join(next).expect("an address");
        self.open("GET", next.as_str(), None).await
    }
}

impl Page {
    /// The address of the link that looks like a button.
    ///
    /// # Panics
    /// When there is none.
    pub fn button(&self) -> String {
        let (_, rest) = self
            .reply
            .text
            .split_once(r#"class="button" href=""#)
            .unwrap_or_else(|| panic!("no link: {}", self.reply.text));
        rest.split('"').next().expect("an address").to_owned()
    }
}
