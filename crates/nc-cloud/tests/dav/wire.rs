use axum::{Router, body::Body};
use http::{Request, StatusCode};
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::{clock::Clock, dav::ErrorBody};
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use tower::ServiceExt;

#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

pub(crate) const HOME: &str = "/remote.php/dav/files/alice";

pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    pub(crate) dir: tempfile::TempDir,
    router: Router,
    authorization: String,
}

impl Answer {
    pub(crate) fn error(&self) -> ErrorBody {
        ErrorBody::parse(&self.body).unwrap()
    }
}

impl Wire {
    pub(crate) async fn boot() -> Self {
        Self::boot_with(|_, _| {}).await
    }

    pub(crate) async fn boot_with(adjust: impl FnOnce(&mut CloudConfig, &mut NewUser)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_795_225_978).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let mut alice = NewUser::new("alice", "Alice", "wonderland".into());
        adjust(&mut config, &mut alice);
        let cloud = Cloud::open(config).await.unwrap();
        cloud.create_user(&alice).await.unwrap();
        let password = cloud.create_app_password(&UserId::new("alice"), "test").await.unwrap();
        Self {
            router: cloud.router(),
            cloud,
            clock,
            dir,
            authorization: basic::header_value("alice", password.expose_secret()),
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("authorization", &self.authorization);
        Answer::to(&self.router, request.body(body.into()).unwrap()).await
    }

    /// The body of a GET, to be read at leisure.
    pub(crate) async fn open(&self, path: &str) -> Body {
        let request = Request::get(path).header("authorization", &self.authorization);
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap().into_body()
    }

    pub(crate) async fn put(&self, path: &str, content: &str) -> Answer {
        let answer = self
            .send("PUT", &format!("{HOME}{path}"), &[], content.to_owned())
            .await;
        assert!(answer.status.is_success(), "PUT {path}: {}", answer.status);
        answer
    }

    pub(crate) async fn make_folder(&self, path: &str) {
        let answer = self.send("MKCOL", &format!("{HOME}{path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::CREATED, "MKCOL {path}");
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", &format!("{HOME}{path}"), &[], "").await
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "GET {path}");
        String::from_utf8(answer.body).unwrap()
    }

    /// Number of unfinished things on disk.
    pub(crate) fn leftovers(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("data/.tmp")).unwrap().count()
    }
}
