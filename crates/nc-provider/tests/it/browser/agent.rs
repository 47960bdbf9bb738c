//! A small browser: keeps cookies, follows redirects on its own server, fills in forms.

use std::{collections::BTreeMap, net::IpAddr};

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use nc_web::ClientAddress;

use crate::machine::world::World;

/// A browser of one person.
pub(crate) struct Agent<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) address: IpAddr,
}

/// Where it got to.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
    /// Path and query of the page.
    pub(crate) path: String,
    /// Where it was sent, when that is another server.
    pub(crate) left_for: Option<String>,
    /// The status of every redirect on the way.
    pub(crate) redirects: Vec<u16>,
}

/// A form that is being filled in.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    /// Where other buttons lead.
    pub(crate) other_actions: Vec<String>,
}

impl<'a> Agent<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self {
            world,
            cookies: BTreeMap::new(),
            address: IpAddr::from([198, 51, 100, 7]),
        }
    }

    /// Types an address in.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        self.go(Request::get(self.path(url)), String::new()).await
    }

    /// Sends a form, as the page that it is on.
    pub(crate) async fn submit(&mut self, form: &Form) -> Page {
        self.submit_with(form, |_| {}).await
    }

    /// The same, with other headers.
    pub(crate) async fn submit_with(&mut self, form: &Form, change: impl FnOnce(&mut HeaderMap)) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.fields);
        let origin = &self.world.provider.config().issuer;
        let mut request = Request::post(self.path(&form.action))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, origin)
            .header("sec-fetch-site", "same-origin");
        change(request.headers_mut().expect("a good request"));
        self.go(request, body.finish()).await
    }

    /// A request from a page of another site: no cookies come with a post.
    pub(crate) async fn submit_from_elsewhere(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let cookies = std::mem::take(&mut self.cookies);
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = Request::post(self.path(action))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "https://app.example")
            .header("sec-fetch-site", "cross-site");
        let page = self.one(request, body.finish()).await;
        let fresh = std::mem::replace(&mut self.cookies, cookies);
        self.cookies.extend(fresh);
        match next(&page) {
            Some(location) if self.is_own(&location) => self.open(&location).await,
            _ => page,
        }
    }

    fn path(&self, url: &str) -> String {
        let issuer = &self.world.provider.config().issuer;
        url.strip_prefix(issuer.as_str()).unwrap_or(url).to_owned()
    }

    fn is_own(&self, location: &str) -> bool {
        location.starts_with(&format!("{}/", self.world.provider.config().issuer))
    }

    async fn go(&mut self, request: http::request::Builder, body: String) -> Page {
        let mut page = self.one(request, body).await;
        let mut redirects = Vec::new();
        while let Some(location) = next(&page) {
            redirects.push(page.status.as_u16());
            assert!(redirects.len() < 10, "a circle of redirects at {location}");
            if !self.is_own(&location) {
                page.left_for = Some(location);
                break;
            }
            page = self.one(Request::get(self.path(&location)), String::new()).await;
        }
        page.redirects = redirects;
        page
    }

    async fn one(&mut self, request: http::request::Builder, body: String) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = request.extension(ClientAddress(self.address));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let path = request.uri_ref().expect("a good address").to_string();
        let answer = self
            .world
            .send(request.body(Body::from(body)).expect("a request"))
            .await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().expect("text"));
        }
        Page {
            status: answer.status,
            html: answer.text(),
            headers: answer.headers,
            path,
            left_for: None,
            redirects: Vec::new(),
        }
    }

    fn keep(&mut self, line: &str) {
        for part in ["; Path=/;", "HttpOnly", "SameSite=Lax"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
        if self.world.provider.config().is_https() {
            assert!(line.starts_with("__Host-") && line.contains("; Secure"), "{line}");
        }
        let (name, rest) = line.split_once('=').expect("a cookie");
        let value = rest.split(';').next().expect("a value");
        if line.contains("Max-Age=0;") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn next(page: &Page) -> Option<String> {
    let location = page.headers.get(header::LOCATION)?;
    Some(location.to_str().expect("text").to_owned())
}

impl Page {
    /// The form whose action ends so.
    #[track_caller]
    pub(crate) fn form(&self, action_ends: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.ends_with(action_ends));
        found.unwrap_or_else(|| {
            panic!(
                "no form for {action_ends} at {}: {} {}",
                self.path, self.status, self.html
            )
        })
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let parts = self.html.split("<form ").skip(1);
        parts
            .map(|part| {
                let (head, rest) = part.split_once('>').expect("a form");
                let inside = rest.split("</form>").next().expect("a form");
                let tags = |name: &'static str| {
                    let pieces = inside.split(name).skip(1);
                    pieces.map(|piece| piece.split('>').next().expect("a tag"))
                };
                let fields = tags("<input ").filter_map(|tag| {
                    let is_box = attribute(tag, "type").as_deref() == Some("checkbox");
                    let is_sent = !is_box || (tag.contains(" checked") && !tag.contains(" disabled"));
                    let name = attribute(tag, "name").filter(|_| is_sent)?;
                    let value = attribute(tag, "value");
                    Some((name, value.unwrap_or_default()))
                });
                Form {
                    action: attribute(head, "action").expect("an action"),
                    fields: fields.collect(),
                    other_actions: tags("<button ")
                        .filter_map(|tag| attribute(tag, "formaction"))
                        .collect(),
                }
            })
            .collect()
    }

    /// The link that opens another tab.
    #[track_caller]
    pub(crate) fn link(&self) -> String {
        let tag = self.html.split("<a ").find(|part| part.contains("target=\"_blank\""));
        let tag = tag.unwrap_or_else(|| panic!("no link at {}: {} {}", self.path, self.status, self.html));
        attribute(tag, "href").expect("an address")
    }

    /// After how long the page loads what.
    #[track_caller]
    pub(crate) fn refresh(&self) -> (i64, String) {
        let header = self.headers.get(header::REFRESH);
        let header = header.unwrap_or_else(|| panic!("no refresh at {}: {} {}", self.path, self.status, self.html));
        let (seconds, url) = header.to_str().expect("text").split_once("; url=").expect("an address");
        (seconds.parse().expect("seconds"), url.to_owned())
    }

    /// What the client was told by redirect.
    #[track_caller]
    pub(crate) fn told(&self) -> BTreeMap<String, String> {
        let location = self.left_for.as_ref();
        let location = location.unwrap_or_else(|| panic!("still here at {}: {} {}", self.path, self.status, self.html));
        let url = url::Url::parse(location).expect("a URL");
        url.query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }

    /// What the client was told behind the `#`; nothing of it may be in the query.
    #[track_caller]
    pub(crate) fn told_in_fragment(&self) -> BTreeMap<String, String> {
        assert!(self.told().is_empty(), "{:?}", self.left_for);
        let location = self.left_for.as_deref().unwrap_or_default();
        let (_, fragment) = location
            .split_once('#')
            .unwrap_or_else(|| panic!("no fragment: {location}"));
        url::form_urlencoded::parse(fragment.as_bytes()).into_owned().collect()
    }

    /// The error that the client was told.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        self.told()
            .get("error")
            .cloned()
            .unwrap_or_else(|| panic!("no error: {:?}", self.left_for))
    }

    /// The code that the client was given.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.told()
            .get("code")
            .cloned()
            .unwrap_or_else(|| panic!("no code: {:?}", self.left_for))
    }

    /// Fails unless it is a page with this status that sends the browser nowhere.
    #[track_caller]
    pub(crate) fn is_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.html);
        assert!(self.html.starts_with("<!DOCTYPE html>"), "{}", self.html);
        assert!(!self.headers.contains_key(header::LOCATION) && self.left_for.is_none());
    }

    pub(crate) fn policy(&self) -> &str {
        self.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text")
    }
}

impl Form {
    /// Fills a field in.
    #[must_use]
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a tick away.
    #[must_use]
    pub(crate) fn untick(mut self, value: &str) -> Self {
        self.fields.retain(|(_, known)| known != value);
        self
    }

    /// Adds a field that the page does not have.
    #[must_use]
    pub(crate) fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses the other button.
    #[must_use]
    pub(crate) fn by_other_button(mut self) -> Self {
        self.action = self.other_actions.first().expect("another button").clone();
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn scopes(&self) -> Vec<&str> {
        let scopes = self.fields.iter().filter(|(name, _)| name == "scope");
        scopes.map(|(_, value)| value.as_str()).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = format!(" {tag}");
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#38;", "&"),
    )
}
