//! What was secret once is nowhere afterwards: not in the data folder, not in a backup, not in the logs. A binary of its own,
//! because it listens to everything that its process logs.

mod elsewhere;
mod harvest;
mod life;
mod search;

use std::{
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use nc_testkit::cloud_app::CloudApp;
use tracing_subscriber::{Layer as _, fmt::MakeWriter as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{harvest::Secrets, life::Life, search::Search};

/// The files that open what is sealed; they are apart on purpose.
const KEYS: &[&str] = &["cloud.key"];

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// From now on everything that this process logs is kept.
fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| LINES.make_writer());
        let filter = nc_server::log_filter("trace");
        tracing_subscriber::registry()
            .with(layer.with_filter(filter))
            .try_init()
            .expect("the only one");
    });
}

/// What was logged until now.
fn logged() -> Vec<u8> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[tokio::test]
async fn no_secret_is_found_in_the_data_folder_a_backup_or_the_logs() {
    listen();
    let (app, record) = CloudApp::boot_recorded().await;
    let folder = app.cloud.config().data_dir.clone();
    let mut life = Life {
        app: &app,
        beside: Vec::new(),
    };
    for user in [&app.alice, &app.bob, &app.root] {
        life.beside.extend([user.password.clone(), user.app_password.clone()]);
    }
    let [signed, opaque] = life.registration().await;
    for client in [&signed, &opaque] {
        life.grants(client).await;
    }
    life.exchange().await;
    life.pushed_with_second_factor(&signed).await;
    life.app_passwords(&app.alice).await;
    life.deletion(&opaque).await;
    let copies = tempfile::tempdir().expect("a folder");
    let copy = copies.path().join("provider.db");
    life.command(&["oidc:backup", copy.to_str().expect("text")]).await;

    let mut secrets = harvest::harvest(&record.all());
    for secret in life.beside {
        secrets.insert(secret, "beside the wire".to_owned());
    }
    assert_all_kinds(&secrets);
    let search = Search::new(&secrets);
    let logs = logged();
    let mut found = search.in_bytes("logs", &logs);
    assert_is_found(&folder, &logs, &signed).await;
    found.extend(search.in_files(&folder, KEYS));
    found.extend(search.in_files(copies.path(), &[]));
    for database in [folder.join("provider.db"), folder.join("cloud.db"), copy] {
        found.extend(search.in_tables(&database).await);
    }
    assert!(
        found.is_empty(),
        "{} secrets, found:\n{}",
        secrets.len(),
        found.join("\n")
    );
}

#[tokio::test]
async fn m13_m14_what_people_and_clients_give_with_another_issuer_is_nowhere_but_where_it_belongs() {
    listen();
    let (app, at_cloud) = CloudApp::boot_recorded().await;
    let folder = tempfile::tempdir().expect("a folder");
    let lived = elsewhere::live(&app, folder.path()).await;
    let (at_cloud, at_mcp) = (at_cloud.all(), lived.at_mcp.all());
    let kinds = elsewhere::Kinds::of(&lived, &at_cloud);
    let strays = kinds.strays(&at_cloud, &at_mcp);
    assert!(strays.is_empty(), "{}", strays.join("\n"));

    let mut secrets = harvest::harvest(&elsewhere::without_contents(&at_cloud));
    secrets.extend(harvest::harvest(&elsewhere::without_contents(&at_mcp)));
    secrets.extend(kinds.all());
    let search = Search::new(&secrets);
    let mut found = search.in_bytes("logs", &logged());
    found.extend(search.in_files(folder.path(), KEYS));
    found.extend(search.in_files(&app.cloud.config().data_dir, KEYS));
    for database in lived.databases() {
        found.extend(search.in_tables(&database).await);
    }
    for dump in ["/proc/self/environ", "/proc/self/cmdline"] {
        found.extend(search.in_bytes(dump, &std::fs::read(dump).unwrap_or_default()));
    }
    assert!(
        found.is_empty(),
        "{} secrets, found:\n{}",
        secrets.len(),
        found.join("\n")
    );
}

/// A walk that meets no secrets finds none.
fn assert_all_kinds(secrets: &Secrets) {
    for kind in [
        "Bearer at",
        "Basic at",
        "password of Basic at",
        "cookie ",
        "code at",
        "code_verifier at",
        "access_token at",
        "refresh_token at",
        "id_token at",
        "client_secret at",
        "registration_access_token at",
        "request_uri at",
        "subject_token at",
        "rid at",
        "csrf at",
        "password at",
        "apppassword at",
        "appPassword at",
        "token at /index.php/login/v2",
        "segment at a path",
        "beside the wire",
    ] {
        assert!(
            secrets.values().any(|place| place.starts_with(kind)),
            "no {kind} in {secrets:#?}"
        );
    }
}

/// What is no secret is found where it belongs, by the same search.
async fn assert_is_found(folder: &Path, logs: &[u8], client: &serde_json::Value) {
    let known = |value: &str| Search::new(&Secrets::from([(value.to_owned(), "known".to_owned())]));
    let id = known(client["client_id"].as_str().expect("an id"));
    assert!(!id.in_files(folder, KEYS).is_empty());
    assert!(!id.in_tables(&folder.join("provider.db")).await.is_empty());
    assert!(
        !known("alice@example.org")
            .in_tables(&folder.join("cloud.db"))
            .await
            .is_empty()
    );
    assert!(known("/apps/oidc/token").in_bytes("logs", logs).len() > 5);
    let basic = nc_auth::basic::header_value("a user", "an uncommon password");
    assert_eq!(known("an uncommon password").in_bytes("", basic.as_bytes()).len(), 1);
}
