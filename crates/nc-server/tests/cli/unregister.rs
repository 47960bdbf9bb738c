//! `serve --unregister`, with the embedded cloud as the issuer.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::program::{Program, Running, text};

/// A cloud that lets clients register, and a folder for the MCP server.
struct World {
    cloud: Running,
    url: String,
    data: tempfile::TempDir,
    _cloud_data: tempfile::TempDir,
}

impl World {
    fn start() -> Self {
        let cloud_data = tempfile::tempdir().expect("a folder");
        let path = cloud_data.path().to_str().expect("UTF-8");
        let mut cloud = Program::new(&["cloud", "--data", path, "--port", "0", "--json"])
            .env("EMBEDDED_CLOUD_REGISTRATION", "open")
            .start();
        let ready: Value = serde_json::from_str(&cloud.read_line()).expect("JSON");
        Self {
            url: ready["cloud_url"].as_str().expect("text").to_owned(),
            cloud,
            data: tempfile::tempdir().expect("a folder"),
            _cloud_data: cloud_data,
        }
    }

    fn serve(&self, more: &[&str]) -> Program {
        let all = [&["serve", "--port", "0", "--mode", "oauth"], more].concat();
        Program::new(&all)
            .env("NEXTCLOUD_HOST", &self.url)
            .env(
                "OIDC_DISCOVERY_URL",
                &format!("{}/.well-known/openid-configuration", self.url),
            )
            .env("NEXTCLOUD_MCP_DATA", self.data.path().to_str().expect("UTF-8"))
    }

    /// Serves until it is registered.
    fn register(&self) {
        let mut server = self.serve(&[]).start();
        server.line_of_stderr_with("MCP server: ");
    }

    fn unregister(&self) -> Output {
        self.serve(&["--unregister"]).output()
    }

    fn file(&self) -> std::path::PathBuf {
        Path::new(self.data.path()).join(".nextcloud_oauth_client.json")
    }
}

fn says(output: &Output, code: i32, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word} in {said}");
    }
}

#[test]
fn a_registered_client_is_deleted_at_the_issuer_and_here() {
    let world = World::start();
    says(&world.unregister(), 0, &["No client is registered"]);
    world.register();
    let kept = fs::read_to_string(world.file()).expect("a file");
    let client: Value = serde_json::from_str(&kept).expect("JSON");
    let (id, token) = (&client["client_id"], &client["registration_access_token"]);
    let output = world.unregister();
    says(&output, 0, &[id.as_str().expect("text"), "is deleted", &world.url]);
    assert!(!text(&output.stderr).contains(token.as_str().expect("a token")));
    assert!(!world.file().exists());
    says(&world.unregister(), 0, &["No client is registered"]);
    // The issuer knows it no more, so it was deleted there.
    fs::write(world.file(), &kept).expect("written");
    says(&world.unregister(), 1, &["may be read by others"]);
    close(&world.file());
    says(
        &world.unregister(),
        1,
        &["status 401", "administrator", ".nextcloud_oauth_client.json"],
    );
    assert!(world.file().exists());
    // One that comes without an address to delete it at.
    let mut bare = client.clone();
    bare.as_object_mut()
        .expect("an object")
        .remove("registration_client_uri");
    fs::write(world.file(), bare.to_string()).expect("written");
    says(&world.unregister(), 1, &["did not say how", "administrator"]);
    // Another issuer's.
    let mut other = client;
    other["issuer"] = "https://elsewhere.example".into();
    fs::write(world.file(), other.to_string()).expect("written");
    says(
        &world.unregister(),
        1,
        &["https://elsewhere.example", "OIDC_DISCOVERY_URL"],
    );
    // Nobody answers.
    fs::write(world.file(), &kept).expect("written");
    world.cloud.signal("KILL");
    let mut output = world.unregister();
    while text(&output.stderr).contains("status 401") {
        output = world.unregister();
    }
    says(&output, 1, &["cannot be asked"]);
    assert!(world.file().exists());
}

#[test]
fn without_a_registered_client_it_says_why() {
    let output = Program::new(&["serve", "--unregister"])
        .env("NEXTCLOUD_HOST", "http://127.0.0.1:9")
        .output();
    says(&output, 2, &["OIDC_DISCOVERY_URL"]);
    let world = World::start();
    let by_administrator = world
        .serve(&["--unregister"])
        .env("NEXTCLOUD_OIDC_CLIENT_ID", "made-by-hand")
        .env("NEXTCLOUD_OIDC_CLIENT_SECRET", "hush");
    says(&by_administrator.output(), 0, &["made-by-hand", "administrator"]);
}

fn close(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("changed");
}
