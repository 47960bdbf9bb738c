use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use axum::{Router, body::Body};
use http::Request;
use nc_auth::{
    UserId,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser, auth::TokenIssuers};
use nc_proto::{
    clock::Clock,
    dav::ErrorBody,
    oauth::{error::BearerError, scope_list::ScopeList},
};
use secrecy::ExposeSecret;
use time::OffsetDateTime;

#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

const RESOURCE: &str = "https://cloud.example.org";

/// Everything that is about calendars, tasks and contacts.
const ALL: &str = "calendar:read calendar:write todo:read todo:write contacts:read contacts:write";

/// Alice's own calendar, with a slash at the end.
pub(crate) const PERSONAL: &str = "/remote.php/dav/calendars/alice/personal/";

/// Tokens of the form `nca_{user}_{scopes with + between them}`.
struct Spoken(HashMap<&'static str, &'static str>);

#[async_trait]
impl VerifyToken for Spoken {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let (user, scopes) = text
            .strip_prefix("nca_")
            .and_then(|rest| rest.split_once('_'))
            .ok_or(BearerError::InvalidToken)?;
        let scopes = self.0.get(scopes).ok_or(BearerError::InvalidToken)?;
        Ok(AuthContext {
            issuer: RESOURCE.into(),
            subject: user.into(),
            user: UserId::new(user),
            client: "client".into(),
            scopes: ScopeList::parse(scopes).expect("scopes"),
            resources: vec![RESOURCE.to_owned()],
            sid: None,
            jti: None,
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            issued_at: None,
            expires_at: i64::MAX,
        })
    }
}

#[derive(Clone)]
pub(crate) struct Wire {
    router: Router,
    _dir: Arc<tempfile::TempDir>,
}

impl Answer {
    pub(crate) fn names(&self) -> Vec<String> {
        let responses = self.multistatus().responses;
        responses.into_iter().map(|response| response.href).collect()
    }

    /// The local name of the rule that was broken.
    pub(crate) fn condition(&self) -> String {
        let error = ErrorBody::parse(&self.body).unwrap();
        error
            .conditions
            .first()
            .map_or(String::new(), |element| element.name.local().to_owned())
    }
}

impl Wire {
    /// Alice, Bob and Carol; Alice and Bob are in the group `team`.
    pub(crate) async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = CloudConfig::new(dir.path());
        config.clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_795_225_978).unwrap());
        let cloud = Cloud::open(config).await.unwrap();
        for (id, name, group) in [
            ("alice", "Alice", "team"),
            ("bob", "Bob", "team"),
            ("carol", "Carol", "other"),
        ] {
            let mut user = NewUser::new(id, name, format!("{id}'s password").into());
            user.email = Some(format!("{id}@example.org"));
            user.groups = vec![group.to_owned()];
            cloud.create_user(&user).await.unwrap();
        }
        let scopes = [
            ("all", ALL),
            ("todo", "todo:read todo:write"),
            ("calendar", "calendar:read calendar:write"),
            ("reading", "calendar:read"),
            ("contacts", "contacts:read contacts:write"),
            ("files", "files:read files:write"),
        ];
        let issuers = TokenIssuers {
            verifier: Arc::new(Spoken(scopes.into())),
            issuers: vec![RESOURCE.to_owned()],
            resource: RESOURCE.to_owned(),
        };
        cloud.believe(issuers).unwrap();
        Self {
            router: cloud.router(),
            _dir: Arc::new(dir),
        }
    }

    /// Sends a request as `who`: `alice`, `alice_todo`, or nobody.
    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !who.is_empty() {
            let scopes = if who.contains('_') { "" } else { "_all" };
            request = request.header("authorization", format!("Bearer nca_{who}{scopes}"));
        }
        Answer::to(&self.router, request.body(body.into()).unwrap()).await
    }

    /// Stores an object and expects it to be taken. Gives its tag.
    pub(crate) async fn put(&self, who: &str, path: &str, body: impl Into<Body>) -> String {
        let answer = self.send(who, "PUT", path, &[], body).await;
        assert!(
            answer.status.is_success(),
            "PUT {path}: {} {}",
            answer.status,
            answer.text()
        );
        answer.header("etag").to_owned()
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, &[], "").await
    }

    pub(crate) async fn report(&self, who: &str, path: &str, body: &str) -> Answer {
        self.send(who, "REPORT", path, &[("depth", "1")], body.to_owned()).await
    }

    /// The names in a folder.
    pub(crate) async fn list(&self, who: &str, path: &str) -> Vec<String> {
        let body = "<d:propfind xmlns:d='DAV:'><d:prop><d:getetag/></d:prop></d:propfind>";
        self.send(who, "PROPFIND", path, &[("depth", "1")], body).await.names()
    }

    /// What changed since `token`: names with whether they are there, and the new token.
    pub(crate) async fn changes(
        &self,
        who: &str,
        path: &str,
        token: &str,
        limit: &str,
    ) -> (Vec<(String, bool)>, String) {
        let body = format!(
            "<d:sync-collection xmlns:d='DAV:'><d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{limit}\
             <d:prop><d:getetag/></d:prop></d:sync-collection>"
        );
        let answer = self.send(who, "REPORT", path, &[], body).await.multistatus();
        let changes = answer.responses.iter().map(|response| {
            let name = response.href.rsplit('/').next().unwrap_or_default().to_owned();
            (name, response.status.is_none())
        });
        (changes.collect(), answer.sync_token.unwrap())
    }
}

/// An event of an hour.
pub(crate) fn event(uid: &str, summary: &str) -> String {
    event_with(uid, &format!("SUMMARY:{summary}\r\n"))
}

/// An event of an hour with these lines.
pub(crate) fn event_with(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261120T080000Z\r\n\
         DTSTART:20261124T100000Z\r\nDTEND:20261124T110000Z\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A task.
pub(crate) fn todo(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:{uid}\r\nDTSTAMP:20261120T080000Z\r\n\
         SUMMARY:Buy milk\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

/// A card.
pub(crate) fn card(uid: &str, name: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEND:VCARD\r\n")
}
