//! The cloud as it ships, booted in memory, with the people of the recordings.

use std::collections::BTreeMap;

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::clock::Clock;
use secrecy::ExposeSecret;
use tower::ServiceExt;

use crate::{differences::Difference, recording::Exchange, report, shape};

pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    router: Router,
    app_passwords: BTreeMap<&'static str, String>,
    _dir: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) async fn boot() -> Self {
        Self::boot_with(Clock::system()).await
    }

    pub(crate) async fn boot_with(clock: Clock) -> Self {
        Self::boot_configured(|config| config.clock = clock).await
    }

    pub(crate) async fn boot_configured(configure: impl FnOnce(&mut CloudConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = CloudConfig::new(dir.path());
        config.public_url = Some("https://cloud.example.org".parse().unwrap());
        configure(&mut config);
        let cloud = Cloud::open(config).await.unwrap();
        let mut app_passwords = BTreeMap::new();
        for (id, name) in [("carol", "Carol"), ("dave", "Dave")] {
            let mut user = NewUser::new(id, name, account_password(id).into());
            user.email = Some(format!("{id}@example.org"));
            user.groups = vec!["team".to_owned()];
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "recording").await.unwrap();
            app_passwords.insert(id, password.expose_secret().to_owned());
        }
        Self {
            router: cloud.router(),
            cloud,
            app_passwords,
            _dir: dir,
        }
    }

    /// The header for `Basic <user>` of a recording: the user's app password, unless the note says otherwise.
    pub(crate) fn authorization(&self, recorded: &str) -> String {
        let Some(user) = recorded.strip_prefix("Basic ") else {
            return recorded.to_owned();
        };
        let (user, note) = user.split_once(' ').unwrap_or((user, ""));
        match note {
            "" => basic::header_value(user, &self.app_passwords[user]),
            "(account password)" => basic::header_value(user, &account_password(user)),
            "(wrong password)" | "(wrong link password)" => basic::header_value(user, "wrong"),
            "(link password)" => basic::header_value(user, "a-Long-link-passphrase-9"),
            "(deleted app password)" => basic::header_value(user, &"x".repeat(72)),
            note => panic!("unknown kind of credential {note}"),
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "cloud.example.org");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    /// Sends a recorded request with `path` and `headers` in place of the recorded ones, and lists what differs.
    pub(crate) async fn replay(
        &self,
        exchange: &Exchange,
        path: &str,
        replaced: &[(&str, String)],
    ) -> (Answer, Vec<String>) {
        let mut headers = exchange.request.headers.clone();
        for (name, value) in replaced {
            headers.insert((*name).to_owned(), value.clone());
        }
        if let Some(recorded) = headers.get_mut("Authorization") {
            *recorded = self.authorization(recorded);
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = exchange.request.body();
        let answer = self.send(&exchange.request.method, path, &headers, body).await;
        let differences = compare(exchange, &answer);
        (answer, differences)
    }
}

fn account_password(user: &str) -> String {
    format!("{user}'s own password")
}

fn compare(exchange: &Exchange, answer: &Answer) -> Vec<String> {
    let recorded = &exchange.response;
    if recorded.status != answer.status.as_u16() {
        return vec![format!(
            "status {} in the recording, {} here: {}",
            recorded.status,
            answer.status,
            String::from_utf8_lossy(&answer.body)
        )];
    }
    let mut found = Vec::new();
    // No interface of ours sets cookies: a credential is all that says who a request belongs to.
    for (name, value) in recorded.headers.iter().filter(|(name, _)| *name != "Set-Cookie") {
        match answer.headers.get(name.as_str()).and_then(|value| value.to_str().ok()) {
            None => found.push(format!("header {name} is missing")),
            Some(ours) if name == "Content-Type" && !ours.eq_ignore_ascii_case(value) => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(ours) if name == "WWW-Authenticate" && ours != value => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(_) => {}
        }
    }
    let kind = recorded.headers.get("Content-Type").map_or("", String::as_str);
    let (theirs, ours) = (recorded.body(), &answer.body);
    if kind.starts_with("application/json") {
        let theirs = serde_json::from_slice(&theirs).unwrap();
        match serde_json::from_slice(ours) {
            Ok(ours) => found.extend(shape::differences(&theirs, &ours)),
            Err(error) => found.push(format!("body is not JSON: {error}")),
        }
    } else if kind.starts_with("application/xml") && recorded.is_whole() {
        let ours = String::from_utf8(ours.clone()).unwrap();
        found.extend(shape::differences(
            &shape::xml(&String::from_utf8(theirs).unwrap()),
            &shape::xml(&ours),
        ));
    }
    found
}

/// Removes the intended differences of this exchange. Panics when one that is listed does not exist any more.
pub(crate) fn unintended(area: &str, name: &str, mut found: Vec<String>, intended: &[Difference]) -> Vec<String> {
    for Difference {
        exchanges,
        begins,
        reason,
    } in intended
    {
        if exchanges.contains(&name) {
            let is_meant = |text: &String| begins.iter().any(|begin| text.starts_with(begin));
            let (meant, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(is_meant);
            assert!(
                !meant.is_empty(),
                "{name}: `{reason}` is listed as a difference, but there is none"
            );
            let texts: Vec<_> = meant.iter().map(String::as_str).collect();
            report::differs(area, name, &texts, reason);
            found = rest;
        }
    }
    found
}
