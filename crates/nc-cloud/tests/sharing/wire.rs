use std::collections::BTreeMap;

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::clock::Clock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

pub(crate) const API: &str = "/ocs/v2.php/apps/files_sharing/api/v1";

/// alice, bob, carol and dave; bob and carol are in the group `team`.
pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    router: Router,
    authorizations: BTreeMap<&'static str, String>,
    _dir: tempfile::TempDir,
}

impl Answer {
    /// The data of an OCS answer.
    pub(crate) fn data(&self) -> Value {
        let answer: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()));
        answer["ocs"]["data"].clone()
    }

    /// The addresses of a multistatus answer.
    pub(crate) fn hrefs(&self) -> Vec<String> {
        let responses = self.multistatus().responses.into_iter();
        responses.map(|response| response.href).collect()
    }
}

impl Wire {
    pub(crate) async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_795_225_978).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        let mut authorizations = BTreeMap::new();
        for (id, groups) in [
            ("alice", &[][..]),
            ("bob", &["team"]),
            ("carol", &["team"]),
            ("dave", &[]),
        ] {
            let mut user = NewUser::new(id, id.to_uppercase(), format!("the password of {id}").into());
            user.groups = groups.iter().map(|group| (*group).to_owned()).collect();
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "test").await.unwrap();
            authorizations.insert(id, basic::header_value(id, password.expose_secret()));
        }
        Self {
            router: cloud.router(),
            cloud,
            clock,
            authorizations,
            _dir: dir,
        }
    }

    /// Sends a request as somebody; as nobody with an empty name.
    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !who.is_empty() {
            request = request
                .header("authorization", &self.authorizations[who])
                .header("ocs-apirequest", "true");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(&self.router, request.body(body.into()).unwrap()).await
    }

    /// A request about somebody's files.
    pub(crate) async fn dav(&self, who: &str, method: &str, path: &str, body: &str) -> Answer {
        let path = format!("/remote.php/dav/files/{who}{path}");
        self.send(who, method, &path, &[("depth", "1")], body.to_owned()).await
    }

    /// The same with a destination among the files of the same person.
    pub(crate) async fn to(&self, who: &str, method: &str, path: &str, destination: &str) -> StatusCode {
        let path = format!("/remote.php/dav/files/{who}{path}");
        let destination = format!("/remote.php/dav/files/{who}{destination}");
        let headers = [("destination", destination.as_str())];
        self.send(who, method, &path, &headers, "").await.status
    }

    pub(crate) async fn put(&self, who: &str, path: &str, content: &str) {
        let answer = self.dav(who, "PUT", path, content).await;
        assert!(
            answer.status.is_success(),
            "PUT {path}: {} {}",
            answer.status,
            answer.text()
        );
    }

    pub(crate) async fn make_folder(&self, who: &str, path: &str) {
        let answer = self.dav(who, "MKCOL", path, "").await;
        assert_eq!(answer.status, StatusCode::CREATED, "MKCOL {path}");
    }

    /// The content of a file; `None` if it cannot be read.
    pub(crate) async fn read(&self, who: &str, path: &str) -> Option<String> {
        let answer = self.dav(who, "GET", path, "").await;
        (answer.status == StatusCode::OK).then(|| answer.text())
    }

    /// The names in a folder.
    pub(crate) async fn list(&self, who: &str, path: &str) -> Vec<String> {
        let answer = self.dav(who, "PROPFIND", path, "").await;
        let names = answer.hrefs().into_iter().skip(1).map(|href| {
            let name = href.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            name.to_owned()
        });
        names.collect()
    }

    pub(crate) async fn ocs(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(who, method, &format!("{API}{path}"), &headers, body).await
    }

    /// Shares something, and gives what was answered.
    pub(crate) async fn share(&self, who: &str, wish: Value) -> Value {
        let answer = self.ocs(who, "POST", "/shares", wish).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.data()
    }

    /// Shares something with a user. Gives the number of the share.
    pub(crate) async fn give(&self, who: &str, path: &str, with: &str, permissions: u8) -> String {
        let wish = json!({ "path": path, "shareType": 0, "shareWith": with, "permissions": permissions });
        id(&self.share(who, wish).await)
    }

    /// Tries to share something with a user.
    pub(crate) async fn try_give(&self, who: &str, path: &str, with: &str, permissions: u8) -> StatusCode {
        let wish = json!({ "path": path, "shareType": 0, "shareWith": with, "permissions": permissions });
        self.ocs(who, "POST", "/shares", wish).await.status
    }

    /// A property of a file or folder; `None` if it has none.
    pub(crate) async fn property(&self, who: &str, path: &str, name: &str) -> Option<String> {
        let body = format!(
            "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns'>\
             <d:prop><{name}/></d:prop></d:propfind>"
        );
        let path = format!("/remote.php/dav/files/{who}{path}");
        let answer = self.send(who, "PROPFIND", &path, &[("depth", "0")], body).await;
        let response = answer.multistatus().responses.into_iter().next().unwrap();
        let found = response
            .propstats
            .iter()
            .find(|propstat| propstat.status == 200)?
            .props
            .first()?;
        Some(found.content())
    }
}

pub(crate) fn id(share: &Value) -> String {
    share["id"].as_str().unwrap().to_owned()
}
