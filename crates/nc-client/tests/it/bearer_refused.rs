//! Tokens at an app's interface that takes none: what a stock Nextcloud says at controllers that are marked `@CORS`.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use nc_client::{
    Client, Credential, Error, Fallback, FilePath, HttpTransport, KeptAppPassword, Nextcloud, PendingAppPassword,
    SettingsPatch,
};
use nc_proto::clock::Clock;
use time::{Duration, OffsetDateTime};

use crate::scripted::{Reply, Seen, Server, account, credential};

const REFUSAL: &str = r#"{"message":"CORS requires basic auth"}"#;
const CAROL: &str = "Basic Y2Fyb2w6Y2Fyb2wtcGFzc3dvcmQ=";
const TOKEN: &str = "Bearer carol-token";

/// What is kept for somebody.
struct Keeper {
    person: &'static str,
    kept: Mutex<Option<KeptAppPassword>>,
}

impl Keeper {
    fn new(person: &'static str, kept: Option<KeptAppPassword>) -> Arc<Self> {
        let kept = Mutex::new(kept);
        Arc::new(Self { person, kept })
    }
}

impl Fallback for Keeper {
    fn person(&self) -> &str {
        self.person
    }

    fn app_password(&self) -> PendingAppPassword<'_> {
        let kept = self.kept.lock().expect("not poisoned").clone();
        Box::pin(async { kept })
    }
}

fn of(user: &str) -> KeptAppPassword {
    KeptAppPassword {
        user: user.to_owned(),
        credential: credential(user),
    }
}

/// Takes tokens that end with `-token` everywhere but at Notes.
fn unfixed(seen: &Seen, _: usize) -> Reply {
    let authorization = seen.header("authorization").unwrap_or_default();
    let token = authorization.strip_prefix("Bearer ");
    let user = token.and_then(|token| token.strip_suffix("-token"));
    match (token, user) {
        _ if seen.target == "/status.php" => Reply::json(200, r#"{"installed":true,"versionstring":"32.0.1"}"#),
        (Some(_), _) if seen.target.contains("/apps/") => Reply::json(401, REFUSAL),
        (Some(_), Some(user)) if seen.target.contains("/cloud/user") => account(user),
        (Some(_), Some(_)) => Reply::new(404, &[], ""),
        (None, _) if authorization == CAROL => Reply::json(200, r#"{"notesPath":"Notes"}"#),
        _ => Reply::json(401, r#"{"message":""}"#),
    }
}

struct World {
    server: Server,
    nextcloud: Nextcloud,
    clock: Clock,
}

impl World {
    async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let server = Server::start_raw(script).await;
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        let config = server.config();
        let transport = Arc::new(HttpTransport::new(&config).expect("transport"));
        let nextcloud = Nextcloud::new(config, transport, clock.clone());
        Self {
            server,
            nextcloud,
            clock,
        }
    }

    fn client(&self, token: &str, keeper: &Arc<Keeper>) -> Client {
        let client = self.nextcloud.client(Credential::Bearer(token.into()));
        client.with_fallback(Arc::clone(keeper) as _)
    }

    /// Credential and place of each request after the first `before`.
    fn sent(&self, before: usize) -> Vec<String> {
        let sent = self.server.all_seen().into_iter().skip(before);
        let place = |seen: &Seen| seen.target.split('?').next().unwrap_or_default().to_owned();
        sent.map(|seen| format!("{} {}", seen.header("authorization").unwrap_or("-"), place(&seen)))
            .collect()
    }

    fn count(&self) -> usize {
        self.server.all_seen().len()
    }
}

fn settings(authorization: &str) -> String {
    format!("{authorization} /index.php/apps/notes/api/v1/settings")
}

async fn ask(client: &Client) -> Result<(), Error> {
    client.notes().settings().await.map(|_| ())
}

#[tokio::test]
async fn c13_where_a_good_token_is_not_taken_the_same_call_succeeds_with_the_app_password() {
    let world = World::start(unfixed).await;
    let keeper = Keeper::new("carol", Some(of("carol")));
    let client = world.client("carol-token", &keeper);
    let patch = SettingsPatch {
        notes_path: Some("Notes".to_owned()),
        ..SettingsPatch::default()
    };
    client.notes().change_settings(&patch).await.expect("changed");
    let user = format!("{TOKEN} /ocs/v2.php/cloud/user");
    assert_eq!(world.sent(0), [settings(TOKEN), user, settings(CAROL)]);
    let bodies: Vec<_> = world.server.all_seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies[0], bodies[2]);
    assert!(
        world
            .server
            .all_seen()
            .iter()
            .all(|seen| seen.header("cookie").is_none())
    );
    // It is remembered, also for the next token of that person.
    ask(&client).await.expect("settings");
    ask(&world.client("carol-token", &keeper)).await.expect("settings");
    assert_eq!(world.sent(3), [settings(CAROL), settings(CAROL)]);
    // Other interfaces go on with the token.
    let _ = client.files().stat(&FilePath::parse("/x").expect("path")).await;
    assert!(
        world.sent(5).iter().all(|sent| sent.starts_with(TOKEN)),
        "{:?}",
        world.sent(5)
    );
}

#[tokio::test]
async fn c13_where_the_token_is_taken_nothing_else_is_asked() {
    let world = World::start(|_, _| Reply::json(200, r#"{"notesPath":"Notes"}"#)).await;
    let keeper = Keeper::new("carol", Some(of("carol")));
    ask(&world.client("carol-token", &keeper)).await.expect("settings");
    assert_eq!(world.sent(0), [settings(TOKEN)]);
}

#[tokio::test]
async fn c13_the_token_is_tried_again_after_a_day_and_after_another_version() {
    let updated = Arc::new(AtomicBool::new(false));
    let is_updated = Arc::clone(&updated);
    let world = World::start(move |seen, number| match seen.target.as_str() {
        "/status.php" if is_updated.load(Ordering::SeqCst) => {
            Reply::json(200, r#"{"installed":true,"versionstring":"33.0.0"}"#)
        }
        _ => unfixed(seen, number),
    })
    .await;
    let client = world.client("carol-token", &Keeper::new("carol", Some(of("carol"))));
    let tries = async || {
        let before = world.count();
        ask(&client).await.expect("settings");
        world.sent(before).contains(&settings(TOKEN))
    };
    world.nextcloud.status().await.expect("status");
    assert!(tries().await);
    world.clock.advance(Duration::hours(24) - Duration::seconds(1));
    assert!(!tries().await);
    world.clock.advance(Duration::seconds(1));
    assert!(tries().await);
    assert!(!tries().await);
    world.nextcloud.status().await.expect("status");
    assert!(!tries().await, "the same version");
    updated.store(true, Ordering::SeqCst);
    world.nextcloud.status().await.expect("status");
    assert!(tries().await);
    assert!(!tries().await);
}

#[tokio::test]
async fn c13_a_bad_token_is_a_bad_token_and_the_app_password_stays_here() {
    let world = World::start(unfixed).await;
    let keeper = Keeper::new("carol", Some(of("carol")));
    let client = world.client("expired", &keeper);
    assert_eq!(ask(&client).await.expect_err("refused").code(), "unauthorized");
    assert_eq!(
        world.sent(0),
        [
            settings("Bearer expired"),
            "Bearer expired /ocs/v2.php/cloud/user".to_owned()
        ]
    );
    assert_eq!(ask(&client).await.expect_err("refused").code(), "unauthorized");
    assert_eq!(world.count(), 2, "nothing more is sent with it");
}

#[tokio::test]
async fn c13_only_exactly_that_answer_lets_the_app_password_step_in() {
    let others = [
        Reply::json(401, r#"{"message":"Current user is not logged in"}"#),
        Reply::json(401, r#"{"message":"CORS requires basic auth","more":1}"#),
        Reply::json(401, r#"["CORS requires basic auth"]"#),
        Reply::json(403, REFUSAL),
        Reply::new(401, &[("content-type", "text/html")], REFUSAL),
        Reply::json(401, ""),
    ];
    for other in others {
        let text = format!("{other:?}");
        let world = World::start(move |_, _| other.clone()).await;
        let client = world.client("carol-token", &Keeper::new("carol", Some(of("carol"))));
        let error = ask(&client).await.expect_err("refused");
        assert!(matches!(error.code(), "unauthorized" | "forbidden"), "{text}");
        assert_eq!(world.sent(0), [settings(TOKEN)], "{text}");
    }
}

#[tokio::test]
async fn c13_with_no_app_password_kept_the_error_says_what_is_missing_until_there_is_one() {
    let world = World::start(unfixed).await;
    let keeper = Keeper::new("carol", None);
    let client = world.client("carol-token", &keeper);
    for _ in 0..2 {
        let error = ask(&client).await.expect_err("refused");
        assert_eq!(error.code(), "bearer_refused");
        assert!(error.to_string().contains("notes"), "{error}");
    }
    assert_eq!(world.count(), 2, "what is known is not asked again");
    *keeper.kept.lock().expect("not poisoned") = Some(of("carol"));
    ask(&client).await.expect("settings");
    assert_eq!(world.sent(2), [settings(CAROL)]);
}

#[tokio::test]
async fn c13_an_app_password_of_another_account_is_never_sent() {
    let world = World::start(unfixed).await;
    let keeper = Keeper::new("carol", Some(of("dave")));
    let client = world.client("carol-token", &keeper);
    for _ in 0..2 {
        assert_eq!(ask(&client).await.expect_err("refused").code(), "bearer_refused");
    }
    assert!(world.sent(0).iter().all(|sent| sent.starts_with(TOKEN)));
}

#[tokio::test]
async fn c13_an_app_password_that_has_ended_is_tried_once() {
    let world = World::start(unfixed).await;
    let ended = KeptAppPassword {
        user: "dave".to_owned(),
        credential: credential("dave"),
    };
    let client = world.client("dave-token", &Keeper::new("dave", Some(ended)));
    for _ in 0..2 {
        assert_eq!(ask(&client).await.expect_err("refused").code(), "bearer_refused");
    }
    assert_eq!(world.count(), 3, "{:?}", world.sent(0));
}

#[tokio::test]
async fn c13_what_is_known_of_one_person_is_not_believed_of_another() {
    let world = World::start(unfixed).await;
    let carol = world.client("carol-token", &Keeper::new("carol", Some(of("carol"))));
    ask(&carol).await.expect("settings");
    let dave = world.client("dave-token", &Keeper::new("dave", None));
    assert_eq!(ask(&dave).await.expect_err("refused").code(), "bearer_refused");
    assert_eq!(world.sent(3)[0], settings("Bearer dave-token"));
}
