//! Every value in recorded traffic that could be a secret: all but what is named here as public.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use nc_testkit::wire_record::Passed;
use serde_json::Value;
use url::form_urlencoded;

/// Shorter values cannot be told from chance.
const SHORTEST: usize = 12;

/// Ids and file names in paths are no longer.
const LONGEST_PUBLIC_SEGMENT: usize = 64;

/// Parameters and members that everybody may know.
const PUBLIC: &[&str] = &[
    // What clients say of themselves and of what they want.
    "client_id",
    "client_name",
    "redirect_uri",
    "redirect_uris",
    "scope",
    "resource",
    "audience",
    "state",
    "nonce",
    "code_challenge",
    "response_type",
    "response_types",
    "grant_type",
    "grant_types",
    "token_endpoint_auth_method",
    "application_type",
    "subject_token_type",
    "requested_token_type",
    "issued_token_type",
    "token_type",
    "token_type_hint",
    "user",
    "post_logout_redirect_uri",
    "id_token_signed_response_alg",
    "allowed_scopes",
    // What servers say of themselves.
    "iss",
    "issuer",
    "error",
    "error_description",
    "message",
    "server",
    "aud",
    // Whose a token is, and its public name.
    "sub",
    "jti",
    "sid",
    "username",
    "name",
    "preferred_username",
    "email",
    "displayname",
    "display-name",
    "loginName",
];

/// Value → where it was seen first.
pub(crate) type Secrets = BTreeMap<String, String>;

struct Harvest(Secrets);

pub(crate) fn harvest(passed: &[Passed]) -> Secrets {
    let mut harvest = Harvest(Secrets::new());
    for one in passed {
        harvest.one(one);
    }
    harvest.0
}

impl Harvest {
    fn one(&mut self, passed: &Passed) {
        let place = passed.uri.path().to_owned();
        // The link of a login flow is a secret in a path.
        for segment in place
            .split('/')
            .filter(|segment| segment.len() > LONGEST_PUBLIC_SEGMENT)
        {
            self.add("a path", "segment", segment);
        }
        for value in passed.request_headers.get_all("authorization") {
            self.authorization(&place, value.to_str().unwrap_or_default());
        }
        for value in passed.request_headers.get_all("cookie") {
            for pair in value.to_str().unwrap_or_default().split("; ") {
                self.cookie(&place, pair);
            }
        }
        for value in passed.response_headers.get_all("set-cookie") {
            self.cookie(
                &place,
                value.to_str().unwrap_or_default().split(';').next().unwrap_or_default(),
            );
        }
        self.pairs(&place, passed.uri.query().unwrap_or_default());
        if let Some(location) = passed.response_headers.get("location") {
            let query = location.to_str().unwrap_or_default().split_once('?');
            self.pairs(&place, query.map_or("", |(_, query)| query));
        }
        self.body(&place, &passed.request_body);
        self.body(&place, &passed.response_body);
    }

    fn add(&mut self, place: &str, name: &str, value: &str) {
        let secret = value.len() >= SHORTEST && !PUBLIC.contains(&name) && !value.contains("://");
        if secret {
            self.0
                .entry(value.to_owned())
                .or_insert_with(|| format!("{name} at {place}"));
        }
    }

    fn authorization(&mut self, place: &str, value: &str) {
        let (scheme, rest) = value.split_once(' ').unwrap_or_default();
        self.add(place, scheme, rest.trim());
        if scheme.eq_ignore_ascii_case("basic") {
            let pair = BASE64_STANDARD.decode(rest).unwrap_or_default();
            let pair = String::from_utf8_lossy(&pair).into_owned();
            let (_, password) = pair.split_once(':').unwrap_or_default();
            self.add(place, "password of Basic", password);
        }
    }

    fn cookie(&mut self, place: &str, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or_default();
        self.add(place, &format!("cookie {name}"), value);
    }

    fn pairs(&mut self, place: &str, query: &str) {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            self.add(place, &name, &value);
        }
    }

    fn body(&mut self, place: &str, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            // Metadata and keys are made to be read by everybody.
            if !place.contains("/.well-known/") && !place.ends_with("/jwks") {
                self.json(place, "", &value);
            }
        } else if text.trim_start().starts_with('<') {
            self.page(place, &text);
        } else {
            self.pairs(place, &text);
        }
    }

    fn json(&mut self, place: &str, name: &str, value: &Value) {
        match value {
            Value::String(text) => self.add(place, name, text),
            Value::Array(items) => items.iter().for_each(|item| self.json(place, name, item)),
            Value::Object(members) => members.iter().for_each(|(name, value)| self.json(place, name, value)),
            _ => {}
        }
    }

    /// The hidden fields of a page's forms.
    fn page(&mut self, place: &str, page: &str) {
        for input in page.split("<input").skip(1) {
            let tag = input.split('>').next().unwrap_or_default();
            let attribute = |name: &str| {
                let (_, rest) = tag.split_once(&format!(r#"{name}=""#))?;
                rest.split('"').next()
            };
            if attribute("type") == Some("hidden") {
                self.add(
                    place,
                    attribute("name").unwrap_or_default(),
                    attribute("value").unwrap_or_default(),
                );
            }
        }
    }
}
