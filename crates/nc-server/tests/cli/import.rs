//! `admin credentials import`, with databases in the layout of nextcloud-mcp-server.

use std::path::{Path, PathBuf};

use aws_lc_rs::{
    cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    hmac,
    iv::FixedLength,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::program::{Demo, Program, text};

const KEY: [u8; 32] = [5; 32];
const OTHER_KEY: [u8; 32] = [6; 32];
const DISCOVERY: &str = "https://sso.example/.well-known/openid-configuration";

/// One row of `app_passwords`.
struct Row<'a> {
    user_id: &'a str,
    encrypted: Vec<u8>,
    scopes: Option<&'a str>,
    username: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn new(user_id: &'a str, password: &str) -> Self {
        Self {
            user_id,
            encrypted: fernet(KEY, password),
            scopes: None,
            username: None,
        }
    }
}

/// Encrypts as Python's `cryptography.fernet` does.
fn fernet(key: [u8; 32], plain: &str) -> Vec<u8> {
    let iv = [9_u8; 16];
    let cipher = UnboundCipherKey::new(&AES_128, &key[16..]).expect("a key");
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).expect("a key");
    let mut sealed = plain.as_bytes().to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    cipher.less_safe_encrypt(&mut sealed, context).expect("encrypted");
    let mut token = vec![0x80];
    token.extend(1_700_000_000_u64.to_be_bytes());
    token.extend(iv);
    token.extend(sealed);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key[..16]), &token);
    token.extend(tag.as_ref());
    BASE64_URL_SAFE.encode(token).into_bytes()
}

/// A database of that revision.
#[tokio::main(flavor = "current_thread")]
async fn database(folder: &Path, revision: &str, rows: &[Row<'_>]) -> PathBuf {
    let path = folder.join("tokens.db");
    drop(std::fs::remove_file(&path));
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    let schema = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
        CREATE TABLE app_passwords (user_id TEXT NOT NULL PRIMARY KEY, encrypted_password BLOB NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, scopes TEXT, username TEXT);
        CREATE TABLE refresh_tokens (user_id TEXT NOT NULL PRIMARY KEY, encrypted_token BLOB NOT NULL,
            expires_at INTEGER, created_at INTEGER NOT NULL, token_audience TEXT, scopes TEXT);";
    sqlx::raw_sql(schema).execute(&mut connection).await.expect("tables");
    sqlx::query("INSERT INTO alembic_version VALUES (?)")
        .bind(revision)
        .execute(&mut connection)
        .await
        .expect("a revision");
    for row in rows {
        sqlx::query("INSERT INTO app_passwords VALUES (?, ?, 1700000000, 1700000000, ?, ?)")
            .bind(row.user_id)
            .bind(&row.encrypted)
            .bind(row.scopes)
            .bind(row.username)
            .execute(&mut connection)
            .await
            .expect("a row");
    }
    for (user_id, encrypted) in [
        ("sub-1", fernet(KEY, "a refresh token")),
        ("sub-2", b"damaged".to_vec()),
    ] {
        sqlx::query("INSERT INTO refresh_tokens VALUES (?, ?, NULL, 1700000000, 'nextcloud', 'notes.read')")
            .bind(user_id)
            .bind(encrypted)
            .execute(&mut connection)
            .await
            .expect("a row");
    }
    connection.close().await.expect("closed");
    path
}

/// The command with the settings of a server for an issuer elsewhere.
fn import(data: &Path, cloud: &str, key: [u8; 32], arguments: &[&str]) -> Program {
    let mut all = vec!["admin", "--json", "--data", data.to_str().expect("a path")];
    all.extend(arguments);
    Program::new(&all)
        .env("NEXTCLOUD_HOST", cloud)
        .env("MCP_DEPLOYMENT_MODE", "oauth")
        .env("OIDC_DISCOVERY_URL", DISCOVERY)
        .env("TOKEN_ENCRYPTION_KEY", &BASE64_URL_SAFE.encode(key))
}

fn json_of(program: Program) -> Value {
    let output = program.output();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(program: Program) -> String {
    let output = program.output();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    text(&output.stderr).to_owned()
}

#[test]
fn app_passwords_of_the_former_server_are_taken_over_once_and_its_database_is_left_as_it_is() {
    let demo = Demo::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    let (alice, bob) = (demo.user(0, "app_password"), demo.user(1, "app_password"));
    let mut damaged = Row::new("damaged", "x");
    damaged.encrypted[40] ^= 1;
    let rows = [
        // Revision 004 and later write `app.verb`.
        Row {
            scopes: Some(r#"["notes.read"]"#),
            username: Some(demo.user(0, "name")),
            ..Row::new("sub-1", alice)
        },
        Row {
            scopes: Some("[]"),
            ..Row::new(demo.user(1, "name"), bob)
        },
        Row::new("gone", &"g".repeat(72)),
        damaged,
    ];
    let db = database(folder.path(), "010", &rows);
    let before = std::fs::read(&db).expect("bytes");
    let db_argument = db.to_str().expect("a path").to_owned();
    let cloud = demo.cloud_url().to_owned();
    let run = |more: &[&str]| {
        let arguments = [&["credentials", "import", "--db", &db_argument], more].concat();
        json_of(import(&data, &cloud, KEY, &arguments))
    };
    let list = || json_of(import(&data, &cloud, KEY, &["credentials", "list"]));

    let dry = run(&["--dry-run"]);
    assert_eq!((&dry["found"], &dry["would_be_asked_about"]), (&json!(4), &json!(3)));
    assert_eq!(list(), json!([]));

    let report = run(&[]);
    for (what, count) in [
        ("imported", 2),
        ("already_here", 0),
        ("refused", 1),
        ("bad", 1),
        ("not_verified", 0),
    ] {
        assert_eq!(report[what], count, "{what}: {report}");
    }
    assert_eq!(report["left"]["refresh_tokens"], 2);
    let said = report.to_string();
    assert!(!said.contains(alice) && !said.contains(bob), "a secret in the report");
    let kept = list();
    let told: Vec<_> = kept
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| [&one["subject"], &one["user"], &one["state"], &one["only_for"]].map(Value::clone))
        .collect();
    let alice_and_bob = [demo.user(0, "name"), demo.user(1, "name")];
    let mut wanted = vec![
        [
            json!("sub-1"),
            json!(alice_and_bob[0]),
            json!("active"),
            json!("notes:read"),
        ],
        [
            json!(alice_and_bob[1]),
            json!(alice_and_bob[1]),
            json!("active"),
            json!("nothing"),
        ],
        [json!("gone"), json!(""), json!("revoked"), Value::Null],
    ];
    let mut told = told;
    told.sort_by_key(|one| one[0].to_string());
    wanted.sort_by_key(|one| one[0].to_string());
    assert_eq!(told, wanted);

    let again = run(&[]);
    assert_eq!((&again["imported"], &again["already_here"]), (&json!(0), &json!(3)));
    assert_eq!(list(), kept, "a second run changes nothing");

    // With the client that they were given to.
    let with_client = || {
        import(&data, &cloud, KEY, &["credentials", "import", "--db", &db_argument])
            .env("NEXTCLOUD_OIDC_CLIENT_ID", "mcp")
            .env("NEXTCLOUD_OIDC_CLIENT_SECRET", "hush")
    };
    let report = json_of(with_client());
    assert_eq!(
        (&report["refresh_tokens"], &report["bad"]),
        (&json!(1), &json!(2)),
        "{report}"
    );
    assert!(!report.to_string().contains("a refresh token"));
    assert_eq!(json_of(with_client())["refresh_tokens"], 0);
    assert_eq!(list().as_array().map(Vec::len), Some(4));
    assert_eq!(std::fs::read(&db).expect("bytes"), before, "that database is only read");
}

#[test]
fn a_key_in_a_file_and_the_other_name_of_the_command_work_where_this_server_issues_the_tokens() {
    let demo = Demo::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    // Revision 003 wrote `app:verb` and knew no login names.
    let rows = [Row {
        scopes: Some(r#"["notes:read"]"#),
        ..Row::new(demo.user(0, "name"), demo.user(0, "app_password"))
    }];
    let db = database(folder.path(), "003", &rows);
    let key = folder.path().join("old.key");
    std::fs::write(&key, format!("{}\n", BASE64_URL_SAFE.encode(KEY))).expect("written");
    let (db, key) = (db.to_str().expect("a path"), key.to_str().expect("a path"));
    let settings = |arguments: &[&str]| {
        let all = [&["admin", "--json", "--data", data], arguments].concat();
        Program::new(&all)
            .env("NEXTCLOUD_HOST", demo.cloud_url())
            .env("MCP_DEPLOYMENT_MODE", "login_flow")
    };
    let no_key = settings(&["import-peer", "--db", db]).output();
    assert_eq!(no_key.status.code(), Some(2));
    assert!(text(&no_key.stderr).contains("--key-file"));
    let report = json_of(settings(&["import-peer", "--db", db, "--key-file", key]));
    assert_eq!(report["imported"], 1, "{report}");
    let kept = json_of(settings(&["credentials", "list"]));
    assert_eq!(
        (&kept[0]["user"], &kept[0]["only_for"]),
        (&json!(demo.user(0, "name")), &json!("notes:read"))
    );
    assert_ne!(kept[0]["subject"], kept[0]["user"]);
    let single = settings(&["import-peer", "--db", db, "--key-file", key]).env("MCP_DEPLOYMENT_MODE", "basic");
    let output = single.output();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("login_flow"));
}

#[test]
fn a_wrong_key_another_revision_and_another_database_are_refused_and_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    // Nobody is asked before the rows open.
    let cloud = "http://127.0.0.1:9";
    let rows = [Row::new("alice", "secret-word"), Row::new("bob", "other-word")];
    let db = database(folder.path(), "007", &rows);
    let db = db.to_str().expect("a path");
    let arguments = ["credentials", "import", "--db", db];
    let why = refused(import(&data, cloud, OTHER_KEY, &arguments));
    assert!(
        why.contains("TOKEN_ENCRYPTION_KEY") && why.contains("nothing was imported"),
        "{why}"
    );
    let why = refused(import(
        &data,
        cloud,
        OTHER_KEY,
        &[&arguments[..], &["--dry-run"]].concat(),
    ));
    assert!(why.contains("TOKEN_ENCRYPTION_KEY"), "{why}");
    for revision in ["002", "011", "1a2b3c"] {
        database(folder.path(), revision, &rows);
        let why = refused(import(&data, cloud, OTHER_KEY, &arguments));
        assert!(why.contains(revision) && why.contains("003 to 010"), "{why}");
    }
    std::fs::write(folder.path().join("other.db"), "no database at all, but a text").expect("written");
    let other = folder.path().join("other.db");
    let other = other.to_str().expect("a path");
    let why = refused(import(
        &data,
        cloud,
        OTHER_KEY,
        &["credentials", "import", "--db", other],
    ));
    assert!(why.contains("cannot be read") && why.contains("other.db"), "{why}");
    let kept = json_of(import(&data, cloud, OTHER_KEY, &["credentials", "list"]));
    assert_eq!(kept, json!([]));
}
