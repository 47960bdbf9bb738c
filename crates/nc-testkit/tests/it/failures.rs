//! What goes wrong around an MCP server with another issuer: each is said clearly, nothing is lost, and it goes on by itself.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use nc_access::NewRefresh;
use nc_auth::UserId;
use nc_testkit::{
    app::{Reply, TestUser},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    provisioning::Provisioning,
};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::foreign_issuer::{ForeignIssuer, Key, World, with};

const ALL: &str = "openid profile notes:read notes:write files:read files:write";

/// A cloud whose provider is the issuer, and a server that keeps something of its people.
struct Keeping {
    cloud: CloudApp,
    mcp: ExternalApp,
    data: PathBuf,
}

impl Keeping {
    async fn boot(access: &str, data: &Path) -> Self {
        let cloud = CloudApp::boot().await;
        let door = Door::new();
        let (id, secret) = make_client(&cloud, &door.mcp_url, &[]).await;
        let settings = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
            ("NEXTCLOUD_OIDC_CLOUD_ACCESS", access),
        ];
        let mcp = ExternalApp::open(door, &cloud, data, &settings).await;
        Self {
            mcp: mcp.expect("a server"),
            cloud,
            data: data.to_owned(),
        }
    }

    fn people(&self) -> Provisioning<'_> {
        Provisioning {
            cloud: &self.cloud,
            mcp: &self.mcp,
        }
    }

    async fn token(&self, user: &TestUser) -> String {
        self.people().token(user, ALL, Format::Jwt).await
    }

    async fn search(&self, token: &str) -> Reply {
        search(&self.mcp, token).await
    }

    async fn give(&self, access: &str, token: &str, user: &TestUser) {
        if access == "refresh_token" {
            self.people().agree(token, user).await;
        } else {
            self.people().give_app_password(token, user).await;
        }
    }
}

async fn search(mcp: &ExternalApp, token: &str) -> Reply {
    let arguments = json!({ "query": "of" });
    mcp.call(token, "nc_notes_search_notes", arguments).await
}

fn says(reply: &Reply, code: &str) -> bool {
    let text = &reply.result()["content"][0]["text"];
    text.as_str().is_some_and(|text| text.starts_with(code))
}

fn assert_is_passing(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
}

#[tokio::test]
async fn m15_what_is_sealed_for_one_person_does_not_open_for_another() {
    for access in ["refresh_token", "app_password"] {
        let folder = tempfile::tempdir().expect("a folder");
        let keeping = Keeping::boot(access, folder.path()).await;
        let (alice, bob) = (keeping.cloud.alice.clone(), keeping.cloud.bob.clone());
        let tokens = [keeping.token(&alice).await, keeping.token(&bob).await];
        keeping.give(access, &tokens[0], &alice).await;
        keeping.give(access, &tokens[1], &bob).await;
        // What is known of before ends.
        keeping.cloud.clock.advance(time::Duration::hours(2));
        let tokens = [keeping.token(&alice).await, keeping.token(&bob).await];
        let options = SqliteConnectOptions::new().filename(keeping.data.join("provider.db"));
        let mut database = SqliteConnection::connect_with(&options).await.expect("a database");
        let copied = "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE number = \
                      (SELECT min(number) FROM credentials WHERE subject <> '' AND issuer <> '')) \
                      WHERE number = (SELECT max(number) FROM credentials WHERE issuer <> '')";
        let copied = sqlx::query(copied).execute(&mut database).await.expect("copied");
        assert_eq!(copied.rows_affected(), 1);
        keeping.mcp.recorder.take();
        let reply = keeping.search(&tokens[1]).await;
        assert_is_passing(&reply);
        assert!(!reply.text.contains("seal") && !reply.text.contains(&alice.password));
        assert!(
            keeping.mcp.recorder.take().is_empty(),
            "nothing is asked in a wrong name"
        );
        keeping.search(&tokens[0]).await.structured();
        database.close().await.expect("closed");
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_costs_nobody_what_they_gave() {
    let cloud = CloudApp::boot().await;
    let issuer = ForeignIssuer::boot().await;
    let folder = tempfile::tempdir().expect("a folder");
    let access = [("NEXTCLOUD_OIDC_CLOUD_ACCESS", "refresh_token")];
    let settings = [&issuer.settings_with_client()[..], &access].concat();
    let mcp = ExternalApp::open(Door::new(), &cloud, folder.path(), &settings).await;
    let mcp = mcp.expect("a server");
    let given = "a refresh token that alice gave".into();
    let new = NewRefresh {
        token: &given,
        expires_at: None,
        scopes: vec!["notes:read".to_owned()],
        client: "client".to_owned(),
        name: None,
    };
    mcp.vault.keep_refresh("alice", new).await.expect("kept");
    let claims = with(issuer.claims(&cloud), "aud", json!(mcp.mcp_url));
    let token = issuer.token(&claims);
    let of_cloud = cloud.oauth_token(&cloud.alice, ALL).await;
    let fresh = json!({ "access_token": of_cloud.access_token(), "token_type": "Bearer", "expires_in": 300,
        "refresh_token": "the next refresh token of alice" });
    issuer.answer("token_endpoint", "/token", 200, fresh.clone());
    issuer.set_down(true);
    for _ in 0..2 {
        assert_is_passing(&search(&mcp, &token).await);
    }
    issuer.set_down(false);
    for status in [500, 502, 429] {
        issuer.answer("token_endpoint", "/token", status, json!({ "error": "invalid_grant" }));
        assert_is_passing(&search(&mcp, &token).await);
    }
    issuer.answer("token_endpoint", "/token", 200, fresh);
    issuer.posted();
    search(&mcp, &token).await.structured();
    let posted = issuer.posted();
    assert!(
        posted[0].1.contains("a%20refresh%20token%20that%20alice%20gave"),
        "{posted:?}"
    );
    let kept = mcp.vault.find_refresh("alice").await.expect("readable").expect("kept");
    assert!(kept.is_active);
    assert_eq!(
        secrecy::ExposeSecret::expose_secret(&kept.token),
        "the next refresh token of alice"
    );
}

#[tokio::test]
async fn keys_that_were_changed_at_the_issuer_are_found_with_the_next_token() {
    let world = World::boot().await;
    let old = world.issuer.token(&world.claims());
    assert_eq!(world.at_mcp(&old).await.status, 200);
    world.app.clock.advance(time::Duration::seconds(31));
    let other = Key::new("second");
    world.issuer.publish(vec![other.jwk()]);
    let before = world.issuer.asked();
    let claims = with(world.claims(), "jti", json!("of the new key"));
    for _ in 0..3 {
        let token = other.sign(&other.header(), &claims);
        assert_eq!(world.at_mcp(&token).await.status, 200);
    }
    assert_eq!(world.issuer.asked() - before, 1, "asked once");
    // The key that is gone signs nothing more.
    let forged = world
        .issuer
        .token(&with(world.claims(), "jti", json!("of the old key")));
    assert_eq!(world.at_mcp(&forged).await.status, 401);
}

/// Everything that this thread logs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_clock_that_is_five_minutes_off_is_named_in_the_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let world = World::boot().await;
    let now = world.app.clock.now().unix_timestamp();
    for name in ["iat", "nbf"] {
        let late = with(with(world.claims(), name, json!(now + 300)), "exp", json!(now + 600));
        let token = world.issuer.token(&late);
        let reply = world.at_mcp(&token).await;
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
        let said = String::from_utf8(std::mem::take(&mut *lines.0.lock().expect("not poisoned"))).expect("text");
        assert!(said.contains("compare the clocks"), "{name}: {said}");
        assert!(!said.contains(&token));
        // As soon as the clock is right, it is good.
        world.app.clock.advance(time::Duration::seconds(300));
        assert_eq!(world.at_mcp(&token).await.status, 200, "{name}");
        world.app.clock.advance(time::Duration::seconds(-300));
    }
}

#[tokio::test]
async fn an_account_that_is_shut_out_reaches_nothing_and_comes_back() {
    for access in ["refresh_token", "app_password"] {
        let folder = tempfile::tempdir().expect("a folder");
        let keeping = Keeping::boot(access, folder.path()).await;
        let alice = keeping.cloud.alice.clone();
        let token = keeping.token(&alice).await;
        keeping.give(access, &token, &alice).await;
        keeping.search(&token).await.structured();
        let uid = UserId::new("alice");
        keeping.cloud.cloud.set_enabled(&uid, false).await.expect("shut out");
        for _ in 0..2 {
            let reply = keeping.search(&token).await;
            let is_refused =
                reply.status == 401 || says(&reply, "provisioning_required") || says(&reply, "unauthorized");
            assert!(is_refused, "{access}: {reply:?}");
        }
        keeping.cloud.cloud.set_enabled(&uid, true).await.expect("let in");
        keeping.cloud.clock.advance(time::Duration::hours(1));
        let token = keeping.token(&alice).await;
        if says(&keeping.search(&token).await, "provisioning_required") {
            keeping.give(access, &token, &alice).await;
        }
        keeping.search(&token).await.structured();
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests should know what was not tested"
)]
fn skip() {
    eprintln!("skipped: only root can mount a file system, and only where that is allowed");
}

/// A small file system of its own, gone with the value. `None`, with a reason, where none can be mounted.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn small() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        skip();
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Leaves no byte.
    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.path()).output());
    }
}

#[tokio::test]
async fn a_full_disk_stops_what_has_to_be_written_and_nothing_else() {
    let Some(disk) = Mounted::small() else { return };
    let keeping = Keeping::boot("refresh_token", disk.path()).await;
    let (alice, bob) = (keeping.cloud.alice.clone(), keeping.cloud.bob.clone());
    let token = keeping.token(&alice).await;
    keeping.people().agree(&token, &alice).await;
    let of_bob = keeping.token(&bob).await;
    disk.fill();
    // What is kept is read; a link cannot be written.
    for _ in 0..3 {
        keeping.search(&token).await.structured();
    }
    let asked = keeping.mcp.call(&of_bob, "provision_nextcloud_access", json!({})).await;
    assert!(says(&asked, "unavailable"), "{asked:?}");
    assert!(!asked.text.contains("ticket="), "{asked:?}");
    // A refresh token that has been turned and cannot be kept is not used.
    keeping.cloud.clock.advance(time::Duration::hours(2));
    let token = keeping.token(&alice).await;
    assert_is_passing(&keeping.search(&token).await);
    fs::remove_file(disk.filler()).expect("space");
    let of_bob = keeping.token(&bob).await;
    keeping.people().agree(&of_bob, &bob).await;
    keeping.search(&of_bob).await.structured();
    let options = SqliteConnectOptions::new().filename(keeping.data.join("provider.db"));
    let mut database = SqliteConnection::connect_with(&options).await.expect("a database");
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut database)
        .await
        .expect("checked");
    assert_eq!(whole, "ok");
    // The issuer gave a token that could not be kept, so it takes the one before for stolen, or not; she may have to agree
    // again.
    let reply = keeping.search(&token).await;
    if says(&reply, "provisioning_required") {
        keeping.people().agree(&token, &alice).await;
    }
    keeping.search(&token).await.structured();
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_named_at_the_start() {
    let cloud = CloudApp::boot().await;
    let folder = tempfile::tempdir().expect("a folder");
    let door = Door::new();
    let (id, secret) = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
    let settings = [
        ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
        ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
    ];
    let mut mcp = ExternalApp::open(door, &cloud, folder.path(), &settings)
        .await
        .expect("a server");
    let door = mcp.close().await;
    let bind = |options: &str| {
        let mounted = Command::new("mount")
            .args(["-o", options])
            .arg(folder.path())
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|output| output.status.success())
    };
    if !bind("bind") || !bind("remount,bind,ro") {
        skip();
        return;
    }
    let opened = ExternalApp::open(door, &cloud, folder.path(), &settings).await;
    let unmounted = Command::new("umount").arg("-l").arg(folder.path()).output();
    let error = opened
        .err()
        .map(|error| format!("{error:#}"))
        .expect("it does not start");
    assert!(error.contains(&*folder.path().to_string_lossy()), "{error}");
    assert!(unmounted.expect("umount").status.success());
    ExternalApp::open(Door::new(), &cloud, folder.path(), &settings)
        .await
        .expect("it starts when it can write");
}
