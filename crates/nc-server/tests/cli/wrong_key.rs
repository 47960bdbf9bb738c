//! The binary with another key than the one that sealed what it keeps.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::program::{Program, Running, text};

/// Every file of a folder, to the byte.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("an entry"))
        // What SQLite makes and removes beside its file.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("readable"))
        })
        .filter(|(name, bytes)| !(name.ends_with("-wal") && bytes.is_empty()))
        .collect();
    files.sort();
    files
}

fn key(byte: u8) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([byte; 32])
}

/// An embedded cloud that is an issuer too, and a server's client there.
struct Issuer {
    running: Running,
    url: String,
    client: (String, String),
    _folder: tempfile::TempDir,
}

impl Issuer {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_str().expect("UTF-8");
        let made = Program::new(&[
            "admin",
            "oidc:create",
            "MCP",
            "http://127.0.0.1/back",
            "--data",
            data,
            "--json",
        ]);
        let made: Value = serde_json::from_slice(&made.output().stdout).expect("JSON");
        let member = |name: &str| made[name].as_str().expect("text").to_owned();
        let client = (member("clientId"), member("clientSecret"));
        let mut running = Program::new(&["cloud", "--json", "--port", "0", "--data", data]).start();
        let ready: Value = serde_json::from_str(&running.read_line()).expect("JSON");
        let url = ready["cloud_url"]
            .as_str()
            .expect("text")
            .trim_end_matches('/')
            .to_owned();
        Self {
            running,
            url,
            client,
            _folder: folder,
        }
    }

    fn serve(&self, data: &Path, keys: &str) -> Program {
        Program::new(&["serve", "--mode", "oauth", "--port", "0"])
            .env("NEXTCLOUD_HOST", &self.url)
            .env("NEXTCLOUD_MCP_SERVER_URL", "http://127.0.0.1:1")
            .env("NEXTCLOUD_MCP_DATA", data.to_str().expect("UTF-8"))
            .env(
                "OIDC_DISCOVERY_URL",
                &format!("{}/.well-known/openid-configuration", self.url),
            )
            .env("NEXTCLOUD_OIDC_CLIENT_ID", &self.client.0)
            .env("NEXTCLOUD_OIDC_CLIENT_SECRET", &self.client.1)
            .env("NEXTCLOUD_OIDC_CLOUD_ACCESS", "refresh_token")
            .env("TOKEN_ENCRYPTION_KEY", keys)
    }

    /// Starts the server with these keys, and ends it when it listens.
    fn serve_once(&self, data: &Path, keys: &str) {
        let mut server = self.serve(data, keys).start();
        server.line_of_stderr_with("MCP server");
        server.signal("TERM");
        let ended = server.wait(std::time::Duration::from_secs(20));
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    }
}

#[tokio::test]
async fn m16_a_wrong_key_is_said_at_the_start_and_changes_no_byte() {
    let issuer = Issuer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("mcp");
    issuer.serve_once(&data, &key(1));
    // Everything into the one file, so that bytes can be compared.
    let options = SqliteConnectOptions::new().filename(data.join("provider.db"));
    let mut database = SqliteConnection::connect_with(&options).await.expect("a database");
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut database)
        .await
        .expect("written");
    database.close().await.expect("closed");
    let before = files(&data);
    for wrong in [key(2), format!("{},{}", key(2), key(3))] {
        let refused = issuer.serve(&data, &wrong).output();
        assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
        let said = text(&refused.stderr);
        assert!(
            said.contains("another key") && said.contains("put that key back"),
            "{said}"
        );
        assert!(!said.contains("MCP server:") && !said.contains(&key(2)), "{said}");
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&files(&data)), names(&before));
        assert!(files(&data) == before, "bytes were changed");
    }
    // Nothing is lost: the right key opens it, also behind a new one, which takes over.
    issuer.serve_once(&data, &key(1));
    issuer.serve_once(&data, &format!("{},{}", key(2), key(1)));
    issuer.serve_once(&data, &key(2));
    issuer.running.signal("TERM");
}
