use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Request, StatusCode};
use nc_auth::{
    UserId, basic,
    federation::{
        Federation, FederationError, InShare, NewOutShare, OutShare, OutShareChange, OutShareFilter, RemoteAnswer,
        RemoteBody, RemoteError, RemoteMount, RemoteRequest, ShareAuth, SharePrincipal, ShareRefusal, ShareRequest,
        passed_back, passed_on,
    },
};
use nc_cloud::{Cloud, CloudConfig, Federated, accounts::NewUser};
use nc_proto::{
    apps::sharing::SharePermissions,
    clock::Clock,
    dav::{DavPath, Element},
};
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use tower::ServiceExt;

#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

/// The share of `/Shared` of eve on the other server, among bob's files.
pub(crate) const FOLDER: i64 = 7;

/// An answer that is made up in place of the other server's.
pub(crate) type Script = (StatusCode, Vec<(&'static str, String)>, String);

/// A cloud with bob and carol, and another one with eve: what eve has in `/Shared` is shared with bob.
pub(crate) struct Town {
    pub(crate) here: House,
    pub(crate) there: House,
    pub(crate) line: Arc<Line>,
    pub(crate) clock: Clock,
}

/// One cloud.
pub(crate) struct House {
    pub(crate) cloud: Cloud,
    router: Router,
    authorizations: BTreeMap<&'static str, String>,
    _dir: tempfile::TempDir,
}

/// What goes from one cloud to the other: what Open Cloud Mesh does without keys, discovery and tokens.
pub(crate) struct Line {
    router: Router,
    authorization: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mounts: Vec<Arc<RemoteMount>>,
    broken: Option<RemoteError>,
    script: Option<Script>,
    asked: Vec<String>,
    is_stock: bool,
    meanwhile: Option<(String, String, String)>,
    declined: Vec<i64>,
}

impl House {
    async fn build(clock: &Clock, people: &[&'static str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        let mut authorizations = BTreeMap::new();
        for id in people {
            let user = NewUser::new(*id, id.to_uppercase(), format!("the password of {id}").into());
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(*id), "test").await.unwrap();
            authorizations.insert(*id, basic::header_value(id, password.expose_secret()));
        }
        Self {
            router: cloud.router(),
            cloud,
            authorizations,
            _dir: dir,
        }
    }

    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", &self.authorizations[who]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(&self.router, request.body(body.into()).unwrap()).await
    }

    /// A request about somebody's files.
    pub(crate) async fn dav(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let path = format!("/remote.php/dav/files/{who}{path}");
        let length = body.len().to_string();
        let headers = [headers, &[("content-length", &*length)]].concat();
        self.send(who, method, &path, &headers, body.to_owned()).await
    }

    pub(crate) async fn put(&self, who: &str, path: &str, content: &str) {
        let answer = self.dav(who, "PUT", path, &[], content).await;
        assert!(
            answer.status.is_success(),
            "PUT {path}: {} {}",
            answer.status,
            answer.text()
        );
    }

    pub(crate) async fn make_folder(&self, who: &str, path: &str) {
        let answer = self.dav(who, "MKCOL", path, &[], "").await;
        assert_eq!(answer.status, StatusCode::CREATED, "MKCOL {path}: {}", answer.text());
    }

    /// The content of a file; `None` if it cannot be read.
    pub(crate) async fn read(&self, who: &str, path: &str) -> Option<String> {
        let answer = self.dav(who, "GET", path, &[], "").await;
        (answer.status == StatusCode::OK).then(|| answer.text())
    }

    /// A request with a destination among the files of the same person.
    pub(crate) async fn to(&self, who: &str, method: &str, path: &str, destination: &str) -> Answer {
        let destination = format!("/remote.php/dav/files/{who}{destination}");
        self.dav(who, method, path, &[("destination", &destination)], "").await
    }

    /// The addresses in a folder, the folder's own first, from what is common to all.
    pub(crate) async fn list(&self, who: &str, path: &str) -> Vec<String> {
        let answer = self.dav(who, "PROPFIND", path, &[("depth", "1")], "").await;
        let base = format!("/remote.php/dav/files/{who}");
        let responses = answer.multistatus().responses.into_iter();
        responses
            .map(|response| response.href.strip_prefix(&base).unwrap().to_owned())
            .collect()
    }

    /// A property; `None` if it is not there.
    pub(crate) async fn property(&self, who: &str, path: &str, name: &str) -> Option<String> {
        self.properties(who, path, name, "0")
            .await
            .into_iter()
            .next()
            .unwrap()
            .1
    }

    /// A property of everything in a folder, by address.
    pub(crate) async fn properties(
        &self,
        who: &str,
        path: &str,
        name: &str,
        depth: &str,
    ) -> Vec<(String, Option<String>)> {
        let body = format!(
            "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns' \
             xmlns:x='urn:x'><d:prop><{name}/></d:prop></d:propfind>"
        );
        let answer = self.dav(who, "PROPFIND", path, &[("depth", depth)], &body).await;
        let responses = answer.multistatus().responses.into_iter();
        let values = responses.map(|response| {
            let found = response.propstats.iter().find(|propstat| propstat.status == 200);
            let value = found.and_then(|found| found.props.first()).map(Element::content);
            (response.href, value)
        });
        values.collect()
    }
}

impl Town {
    pub(crate) async fn build() -> Self {
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_795_225_978).unwrap());
        let here = House::build(&clock, &["bob", "carol"]).await;
        let there = House::build(&clock, &["eve"]).await;
        there.make_folder("eve", "/Shared").await;
        there.put("eve", "/Shared/plan.txt", "the plan").await;
        there.put("eve", "/private.txt", "private").await;
        let line = Arc::new(Line {
            router: there.router.clone(),
            authorization: there.authorizations["eve"].clone(),
            state: Mutex::default(),
        });
        let federated = Federated {
            auth: Arc::new(Nobody),
            shares: line.clone(),
        };
        here.cloud.federate(federated).unwrap();
        line.mount(FOLDER, "Shared", |_| {});
        Self {
            here,
            there,
            line,
            clock,
        }
    }
}

impl Line {
    /// Has something appear among bob's files, under the name that it has among eve's.
    pub(crate) fn mount(&self, number: i64, name: &str, adjust: impl FnOnce(&mut RemoteMount)) {
        let mut mount = RemoteMount {
            share_id: format!("share-{number}"),
            number,
            at: DavPath::from_names([name]),
            is_folder: true,
            permissions: SharePermissions::ALL,
            owner: "eve@there.example".to_owned(),
            created_at: 1_795_000_000,
            is_refused: false,
        };
        adjust(&mut mount);
        let mut state = self.state.lock().unwrap();
        state.mounts.retain(|known| known.number != number);
        state.mounts.push(Arc::new(mount));
    }

    pub(crate) fn break_off(&self, error: RemoteError) {
        self.state.lock().unwrap().broken = Some(error);
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().broken = None;
    }

    /// Answers every request with this.
    pub(crate) fn script(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let status = StatusCode::from_u16(status).unwrap();
        self.state.lock().unwrap().script = Some((status, headers.collect(), body.to_owned()));
    }

    /// Has the other server answer as a stock Nextcloud: 412 to every deletion of a folder that has a condition.
    pub(crate) fn be_stock(&self) {
        self.state.lock().unwrap().is_stock = true;
    }

    /// Once `asked` was answered, eve writes a file.
    pub(crate) fn meanwhile(&self, asked: &str, path: &str, content: &str) {
        let meanwhile = (asked.to_owned(), path.to_owned(), content.to_owned());
        self.state.lock().unwrap().meanwhile = Some(meanwhile);
    }

    /// A request of eve's at the other server.
    async fn at_home(
        &self,
        method: &str,
        path: &DavPath,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path.encode());
        request = request.header("authorization", &self.authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    pub(crate) fn declined(&self) -> Vec<i64> {
        self.state.lock().unwrap().declined.clone()
    }

    /// Where a share appears.
    pub(crate) fn place(&self, number: i64) -> String {
        let state = self.state.lock().unwrap();
        let mount = state.mounts.iter().find(|mount| mount.number == number).unwrap();
        mount.at.to_string()
    }
}

/// What eve calls it.
fn base(mount: &RemoteMount) -> DavPath {
    let name = if mount.is_folder { "Shared" } else { "note.txt" };
    DavPath::from_names(["remote.php", "dav", "files", "eve", name])
}

#[async_trait]
impl Federation for Line {
    async fn share(&self, _: NewOutShare) -> Result<OutShare, FederationError> {
        Err(FederationError::NotFound)
    }

    async fn outgoing(&self, _: &OutShareFilter) -> Result<Vec<OutShare>, FederationError> {
        Ok(Vec::new())
    }

    async fn change(&self, _: i64, _: OutShareChange) -> Result<OutShare, FederationError> {
        Err(FederationError::NotFound)
    }

    async fn revoke(&self, _: i64) -> Result<(), FederationError> {
        Err(FederationError::NotFound)
    }

    async fn node_deleted(&self, _: i64) -> Result<(), FederationError> {
        Ok(())
    }

    async fn owner_disabled(&self, _: &UserId) -> Result<(), FederationError> {
        Ok(())
    }

    async fn is_live(&self, _: &str) -> Result<bool, FederationError> {
        Ok(false)
    }

    async fn incoming(&self, _: &UserId, _: bool) -> Result<Vec<InShare>, FederationError> {
        Ok(Vec::new())
    }

    async fn incoming_one(&self, _: &UserId, _: i64) -> Result<InShare, FederationError> {
        Err(FederationError::NotFound)
    }

    async fn accept(&self, _: &UserId, _: i64) -> Result<InShare, FederationError> {
        Err(FederationError::NotFound)
    }

    async fn decline(&self, user: &UserId, number: i64) -> Result<(), FederationError> {
        assert_eq!(user.as_str(), "bob");
        let mut state = self.state.lock().unwrap();
        state.declined.push(number);
        state.mounts.retain(|mount| mount.number != number);
        Ok(())
    }

    async fn move_mount(&self, user: &UserId, number: i64, to: &DavPath) -> Result<(), FederationError> {
        assert_eq!(user.as_str(), "bob");
        let mut state = self.state.lock().unwrap();
        let known = state.mounts.iter_mut().find(|mount| mount.number == number);
        let known = known.ok_or(FederationError::NotFound)?;
        *known = Arc::new(RemoteMount {
            at: to.clone(),
            ..(**known).clone()
        });
        Ok(())
    }

    async fn mounts(&self, user: &UserId) -> Result<Arc<[Arc<RemoteMount>]>, FederationError> {
        let state = self.state.lock().unwrap();
        let of_bob = user.as_str() == "bob";
        Ok(state.mounts.iter().filter(|_| of_bob).cloned().collect())
    }

    async fn send(&self, mount: &RemoteMount, request: RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
        let base = base(mount);
        let script = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(format!("{} {}", request.method, request.path));
            if let Some(error) = state.broken {
                return Err(error);
            }
            state.script.clone()
        };
        if let Some((status, headers, body)) = script {
            let headers = headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            return Ok(RemoteAnswer {
                status,
                headers: passed_back(&headers.collect()),
                base,
                body: Box::pin(stream::iter([Ok(Bytes::from(body))])),
            });
        }
        let place = base.join(&request.path);
        let is_stock = self.state.lock().unwrap().is_stock;
        if is_stock && request.method == "DELETE" && request.headers.contains_key("if-match") {
            let (_, told) = self.at_home("PROPFIND", &place, &[("depth", "0")], String::new()).await;
            if told.contains("<d:collection/>") {
                return Ok(RemoteAnswer {
                    status: StatusCode::PRECONDITION_FAILED,
                    headers: http::HeaderMap::new(),
                    base,
                    body: Box::pin(stream::empty()),
                });
            }
        }
        let asked = format!("{} {}", request.method, request.path);
        let body = match request.body {
            RemoteBody::Empty => Body::empty(),
            RemoteBody::Bytes(bytes) => Body::from(bytes),
            RemoteBody::Stream { stream, .. } => Body::from_stream(stream),
        };
        let mut sent = Request::new(body);
        *sent.method_mut() = request.method;
        *sent.uri_mut() = place.encode().parse().unwrap();
        *sent.headers_mut() = passed_on(&request.headers);
        let authorization = HeaderValue::from_str(&self.authorization).unwrap();
        sent.headers_mut().insert("authorization", authorization);
        if let Some(destination) = request.destination {
            let destination = base.join(&destination).encode();
            sent.headers_mut().insert("destination", destination.parse().unwrap());
        }
        let (parts, body) = self.router.clone().oneshot(sent).await.unwrap().into_parts();
        let meanwhile = {
            let mut state = self.state.lock().unwrap();
            state.meanwhile.take_if(|(expected, _, _)| *expected == asked)
        };
        if let Some((_, path, content)) = meanwhile {
            let length = content.len().to_string();
            let path = DavPath::decode(&format!("/remote.php/dav/files/eve{path}")).unwrap();
            let (status, told) = self
                .at_home("PUT", &path, &[("content-length", &length)], content)
                .await;
            assert!(status.is_success(), "{status} {told}");
        }
        Ok(RemoteAnswer {
            status: parts.status,
            headers: passed_back(&parts.headers),
            base,
            body: Box::pin(body.into_data_stream().map(|piece| piece.map_err(io::Error::other))),
        })
    }
}

/// Lets nobody in: nothing is shared with other servers here.
struct Nobody;

#[async_trait]
impl ShareAuth for Nobody {
    async fn authenticate(&self, _: &ShareRequest<'_>) -> Result<SharePrincipal, ShareRefusal> {
        Err(ShareRefusal::Unavailable)
    }

    async fn is_still_good(&self, _: &SharePrincipal, _: SharePermissions) -> bool {
        false
    }
}
