use std::sync::{Arc, Mutex};

use http::Request;
use nc_auth::{Grants, ScopeSet};
use nc_client::{BaseUrl, Body, ClientConfig, InProcess, PendingAnswer, Transport};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_import::{BadRow, LeftBehind, RefreshTokenRow};
use secrecy::SecretString;

use super::*;
use crate::config::Database;

const ISSUER: &str = "https://sso.example";
const RANDOM: &str = "d2Fzbid0IG1lIHdhc24ndCBtZSB3YXNuJ3QgbWUgd2Fzbid0IG1lIHdhc24ndCBtZSB3YXNu";

/// Writes down when each request left.
struct Watch {
    inner: InProcess<axum::routing::RouterIntoService<Body>>,
    clock: Clock,
    seen: Arc<Mutex<Vec<(i64, String)>>>,
}

impl Transport for Watch {
    fn send(&self, request: Request<Body>) -> PendingAnswer<'_> {
        let at = self.clock.now().unix_timestamp();
        let mut seen = self.seen.lock().expect("not poisoned");
        seen.push((at, request.uri().path().to_owned()));
        drop(seen);
        self.inner.send(request)
    }
}

struct World {
    /// Lives as long as what is in it.
    _folder: tempfile::TempDir,
    cloud: Cloud,
    clock: Clock,
    nextcloud: Nextcloud,
    seen: Arc<Mutex<Vec<(i64, String)>>>,
    data: ProviderData,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
        let mut config = CloudConfig::new(folder.path().join("cloud"));
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.expect("a cloud");
        let seen = Arc::default();
        let watch = Watch {
            inner: InProcess::new(cloud.router().into_service()),
            clock: clock.clone(),
            seen: Arc::clone(&seen),
        };
        let client = ClientConfig::new(BaseUrl::parse("https://cloud.example").expect("an address"));
        let nextcloud = Nextcloud::new(client, Arc::new(watch), clock.clone());
        let data = ProviderData::open(folder.path(), &[], &Database::InFolder)
            .await
            .expect("data");
        Self {
            _folder: folder,
            cloud,
            clock,
            nextcloud,
            seen,
            data,
        }
    }

    async fn app_password(&self, name: &str) -> SecretString {
        let user = NewUser::new(name, name, "correct horse battery".into());
        self.cloud.create_user(&user).await.expect("a user");
        let made = self.cloud.create_app_password(&UserId::new(name), "peer").await;
        made.expect("an app password")
    }

    /// When each question left.
    fn questions(&self) -> Vec<i64> {
        let seen = std::mem::take(&mut *self.seen.lock().expect("not poisoned"));
        seen.into_iter().map(|(at, _)| at).collect()
    }

    async fn run(&self, issuer: &Issuer, peer: &PeerStore) -> Report {
        self.try_run(issuer, peer, false).await.expect("a report")
    }

    async fn try_run(&self, issuer: &Issuer, peer: &PeerStore, dry_run: bool) -> anyhow::Result<Report> {
        let takeover = Takeover {
            data: &self.data,
            nextcloud: &self.nextcloud,
            issuer,
            clock: &self.clock,
            with_refresh_tokens: matches!(issuer, Issuer::External(_)),
            dry_run,
        };
        let clock = self.clock.clone();
        let pause = async |wait: Duration| clock.advance(wait.try_into().expect("short"));
        takeover.run(peer, pause).await
    }

    async fn vault(&self, issuer: &str) -> Vault {
        let (store, sealer) = (self.data.store.clone(), self.data.sealer.clone());
        let vault = Vault::open(store, sealer, self.clock.clone(), issuer).await;
        vault.expect("a vault")
    }
}

fn row(user_id: &str, password: impl Into<SecretString>) -> AppPasswordRow {
    AppPasswordRow {
        user_id: user_id.to_owned(),
        login: None,
        password: password.into(),
        limit: Grants::Unrestricted,
        given_at: 1_700_000_000,
    }
}

fn peer(app_passwords: Vec<AppPasswordRow>) -> PeerStore {
    PeerStore {
        revision: 10,
        app_passwords,
        bad: Vec::new(),
        refresh_tokens: Vec::new(),
        bad_refresh_tokens: Vec::new(),
        left: LeftBehind {
            oauth_clients: 0,
            audit_entries: 0,
        },
    }
}

fn external() -> Issuer {
    Issuer::External(ISSUER.to_owned())
}

#[tokio::test]
async fn the_cloud_is_asked_at_most_once_a_second_and_about_each_only_once() {
    let world = World::new().await;
    let alice = world.app_password("alice").await;
    let rows = || {
        vec![
            row("sub-of-carol", RANDOM),
            AppPasswordRow {
                login: Some("alice".to_owned()),
                limit: Grants::Only(ScopeSet::EMPTY),
                ..row("sub-of-alice", alice.clone())
            },
            row("sub-of-dave", format!("x{RANDOM}")),
        ]
    };
    let report = world.run(&external(), &peer(rows())).await;
    assert_eq!((report.imported, report.count(Outcome::Refused)), (1, 2));
    let asked = world.questions();
    assert_eq!(
        asked,
        [1_800_000_000, 1_800_000_001, 1_800_000_002],
        "no second try after a 401"
    );

    let vault = world.vault(ISSUER).await;
    let kept = vault.find("sub-of-alice").await.expect("read").expect("kept");
    assert_eq!((kept.profile.uid.as_str(), kept.is_active), ("alice", true));
    assert_eq!(
        kept.limit,
        Grants::Only(ScopeSet::EMPTY),
        "nothing granted stays nothing"
    );
    assert_eq!(kept.created_at, 1_700_000_000);
    let refused = vault.find("sub-of-carol").await.expect("read").expect("noted");
    assert!(!refused.is_active);

    let again = world.run(&external(), &peer(rows())).await;
    assert_eq!((again.imported, again.there_already), (0, 3));
    assert!(
        world.questions().is_empty(),
        "a second run asks nothing and changes nothing"
    );
}

#[tokio::test]
async fn where_this_server_issues_the_tokens_the_account_says_who_somebody_is() {
    let world = World::new().await;
    let alice = world.app_password("alice").await;
    let own = Issuer::Own("https://mcp.example".to_owned());
    let rows = || vec![row("alice", alice.clone()), row("mallory", RANDOM)];
    let report = world.run(&own, &peer(rows())).await;
    assert_eq!((report.imported, report.count(Outcome::Refused)), (1, 1));
    let base = world.nextcloud.config().base_url.to_string();
    let subject = world.data.store.find_subject(&base, "alice").await.expect("read");
    let subject = subject.expect("a subject");
    let vault = world.vault("https://mcp.example").await;
    let kept = vault.find(&subject).await.expect("read").expect("kept");
    assert_eq!((kept.is_active, kept.limit), (true, Grants::Unrestricted));
    assert_eq!(
        vault.list_subjects().await.expect("read"),
        std::slice::from_ref(&subject)
    );
    world.questions();

    let again = world.run(&own, &peer(rows())).await;
    assert_eq!((again.there_already, again.count(Outcome::Refused)), (1, 1));
    assert!(world.questions().is_empty());

    let now = world.clock.now().unix_timestamp();
    let unneeded = |at| world.data.store.list_unneeded_credentials(None, at);
    assert!(unneeded(now).await.expect("read").is_empty());
    let later = now + WAITS_FOR_OWNER_S;
    assert_eq!(unneeded(later).await.expect("read"), [subject], "nobody came for it");
}

#[tokio::test]
async fn what_a_person_gave_here_is_never_replaced() {
    let world = World::new().await;
    let (old, new) = (world.app_password("alice").await, SecretString::from("given here"));
    let vault = world.vault(ISSUER).await;
    let given = AppPassword {
        login: LoginName::new("alice"),
        password: new,
    };
    let kept = vault.keep("sub-of-alice", &Profile::default(), &given).await;
    kept.expect("kept");
    let report = world.run(&external(), &peer(vec![row("sub-of-alice", old)])).await;
    assert_eq!((report.imported, report.there_already), (0, 1));
    let kept = vault.find("sub-of-alice").await.expect("read").expect("kept");
    assert_eq!(kept.app_password.password.expose_secret(), "given here");
}

#[tokio::test]
async fn a_dry_run_asks_nothing_and_keeps_nothing() {
    let world = World::new().await;
    let alice = world.app_password("alice").await;
    let report = world.try_run(&external(), &peer(vec![row("a", alice)]), true).await;
    assert_eq!(report.expect("a report").imported, 1);
    assert!(world.questions().is_empty());
    assert!(
        world
            .vault(ISSUER)
            .await
            .list_subjects()
            .await
            .expect("read")
            .is_empty()
    );
}

#[tokio::test]
async fn what_the_cloud_could_not_confirm_stays_out_until_another_run() {
    let world = World::new().await;
    let alice = world.app_password("alice").await;
    let mut closed = World::new().await;
    // Nothing listens there.
    closed.nextcloud = {
        let config = ClientConfig::new(BaseUrl::parse("http://127.0.0.1:9").expect("an address"));
        let transport = nc_client::HttpTransport::new(&config).expect("a transport");
        Nextcloud::new(config, Arc::new(transport), closed.clock.clone())
    };
    let mut found = peer(vec![row("alice", alice.clone()), row("b", RANDOM)]);
    found.bad.push(BadRow {
        user_id: "c".to_owned(),
        why: "damaged",
    });
    let error = closed.try_run(&external(), &found, false).await.expect_err("refused");
    assert!(error.to_string().contains("none was imported"), "{error:#}");
    assert!(
        closed
            .vault(ISSUER)
            .await
            .list_subjects()
            .await
            .expect("read")
            .is_empty()
    );
    closed.nextcloud = world.nextcloud.clone();
    let report = closed.run(&external(), &found).await;
    assert_eq!((report.imported, report.count(Outcome::Bad)), (1, 1));
}

#[tokio::test]
async fn refresh_tokens_are_taken_over_where_the_issuer_is_elsewhere_and_only_once() {
    let world = World::new().await;
    let rows = || {
        let row = |user_id: &str, expires_at| RefreshTokenRow {
            user_id: user_id.to_owned(),
            token: format!("refresh token of {user_id}").into(),
            scopes: vec!["notes:read".to_owned()],
            expires_at,
            given_at: 1_700_000_000,
        };
        let mut rows = peer(Vec::new());
        rows.refresh_tokens = vec![
            row("ann", Some(1_900_000_000)),
            row("bob", None),
            row("late", Some(1_700_000_001)),
        ];
        rows
    };
    let own = Issuer::Own("https://mcp.example".to_owned());
    let report = world.run(&own, &rows()).await;
    assert_eq!(
        (report.refresh_tokens, report.refresh_tokens_left),
        (0, 3),
        "of no use here"
    );
    let dry = world.try_run(&external(), &rows(), true).await.expect("a report");
    assert_eq!((dry.refresh_tokens, dry.refresh_tokens_left), (2, 1));
    let report = world.run(&external(), &rows()).await;
    assert_eq!((report.refresh_tokens, report.refresh_tokens_left), (2, 1));
    let vault = world.vault(ISSUER).await;
    let kept = vault.find_refresh("ann").await.expect("read").expect("kept");
    assert_eq!(kept.token.expose_secret(), "refresh token of ann");
    assert_eq!((kept.is_active, kept.expires_at), (true, Some(1_900_000_000)));
    assert!(vault.find_refresh("late").await.expect("read").is_none());
    let again = world.run(&external(), &rows()).await;
    assert_eq!((again.refresh_tokens, again.refresh_tokens_left), (0, 3));
    assert!(world.questions().is_empty());
}
