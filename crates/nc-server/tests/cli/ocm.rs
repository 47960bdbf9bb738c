use std::{path::Path, sync::Arc, time::Duration};

use nc_ocm::{KeyParts, Keys, Random, net::PeerDocument};
use nc_proto::{clock::Clock, ocm::InviteToken};
use nc_store::{PeerRecord, Sealer, Store};
use nc_store_sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::program::{Program, text};

fn program(data: &Path, arguments: &[&str]) -> Program {
    let mut all = vec!["ocm", "--json", "--data", data.to_str().expect("a path")];
    all.extend(arguments);
    Program::new(&all)
}

fn ocm(data: &Path, arguments: &[&str]) -> Value {
    let output = program(data, arguments).output();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program(data, arguments).output();
    assert!(output.stdout.is_empty(), "{arguments:?} printed data");
    (output.status.code(), text(&output.stderr).to_owned())
}

/// What a cloud keeps in its folder.
async fn kept(data: &Path) -> (Arc<dyn Store>, Arc<Sealer>) {
    let sealer = Arc::new(nc_cloud::open_sealer(&[], data).expect("a sealer"));
    let store = SqliteStore::open(&data.join("provider.db"), Arc::clone(&sealer)).await;
    (Arc::new(store.expect("a store")), sealer)
}

/// What the first start of a server at this address makes.
async fn started(data: &Path, origin: &str) {
    let (store, sealer) = kept(data).await;
    let keys = Keys::open(KeyParts {
        store: Arc::clone(&store),
        sealer,
        clock: Clock::system(),
        random: Random::system(),
        public_origin: origin.parse().expect("a URL"),
        token_ttl: Duration::from_mins(10),
    });
    keys.await.expect("keys");
    store.close().await;
}

fn slots(keys: &Value) -> Vec<(&str, &str)> {
    let text = |key: &'_ Value, name: &str| key[name].as_str().expect("text").to_owned();
    let keys = keys.as_array().expect("a list");
    keys.iter()
        .map(|key| {
            let kid = key["kid"].as_str().expect("a name");
            assert!(!text(key, "since").is_empty());
            (
                kid.split_once('#').expect("a name").1,
                key["slot"].as_str().expect("a slot"),
            )
        })
        .collect()
}

#[tokio::test]
async fn keys_are_staged_activated_and_retired() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let (code, why) = refused(data, &["keys", "list"]);
    assert!(code == Some(2) && why.contains("ocm.enabled"), "{why}");
    started(data, "https://cloud.example.org").await;
    let listed = ocm(data, &["keys", "list"]);
    assert_eq!(
        slots(&listed),
        [
            ("ecdsa-p256-sha256-1", "active"),
            ("ed25519-1", "active"),
            ("signature", "active")
        ]
    );
    assert!(!listed.to_string().contains("PRIVATE"), "{listed}");
    let nothing = refused(data, &["keys", "activate"]);
    assert!(nothing.0 == Some(1) && nothing.1.contains("stage"), "{nothing:?}");

    assert_eq!(ocm(data, &["keys", "stage"]).as_array().map(Vec::len), Some(2));
    assert_eq!(refused(data, &["keys", "stage"]).0, Some(1));
    let early = refused(data, &["keys", "activate"]);
    assert!(early.0 == Some(1) && early.1.contains("--force"), "{early:?}");
    ocm(data, &["keys", "activate", "--force"]);
    let listed = ocm(data, &["keys", "list"]);
    for slot in [
        ("ecdsa-p256-sha256-1", "retiring"),
        ("ecdsa-p256-sha256-2", "active"),
        ("ed25519-2", "active"),
        ("signature", "active"),
    ] {
        assert!(slots(&listed).contains(&slot), "{listed}");
    }
    let early = refused(data, &["keys", "retire"]);
    assert!(early.0 == Some(1) && early.1.contains("--force"), "{early:?}");
    ocm(data, &["keys", "retire", "--force"]);
    assert_eq!(ocm(data, &["keys", "list"]).as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_server_that_moved_is_told_by_its_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    started(data, "https://old.example").await;
    started(data, "https://new.example:8443").await;
    let (code, why) = refused(data, &["keys", "list"]);
    assert!(
        code == Some(2) && why.contains("--origin") && why.contains("https://new.example:8443"),
        "{why}"
    );
    let listed = ocm(data, &["keys", "list", "--origin", "https://new.example:8443"]);
    assert!(
        listed.to_string().contains("https://new.example:8443/ocm#signature"),
        "{listed}"
    );
    assert!(!listed.to_string().contains("old.example"), "{listed}");
    let (code, _) = refused(data, &["keys", "stage", "--origin", "https://slip.example"]);
    assert_eq!(code, Some(2));
    let (store, _) = kept(data).await;
    assert_eq!(
        store.list_federation_keys().await.expect("keys").len(),
        6,
        "none was made"
    );
}

#[tokio::test]
async fn the_pinned_key_of_another_server_is_forgotten_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let (store, _) = kept(data).await;
    let document = PeerDocument {
        cavage_key_id: Some("https://other.example/ocm#signature".to_owned()),
        cavage_pem: Some("-----BEGIN PUBLIC KEY-----".to_owned()),
        jwks: Some("{}".to_owned()),
        ..PeerDocument::default()
    };
    let unit = store.begin().await.expect("a unit");
    let peer = PeerRecord {
        host: "other.example".to_owned(),
        document: serde_json::to_string(&document).expect("JSON"),
        ever_signed: true,
        changed_at: 1,
    };
    unit.put_peer(&peer).await.expect("stored");
    unit.commit().await.expect("committed");

    let listed = ocm(data, &["peers", "list"]);
    assert_eq!(
        (&listed[0]["host"], &listed[0]["pinned_key"], &listed[0]["ever_signed"]),
        (
            &json!("other.example"),
            &json!("https://other.example/ocm#signature"),
            &json!(true)
        )
    );
    assert_eq!(refused(data, &["peers", "reset-key", "a b"]).0, Some(2));
    assert_eq!(refused(data, &["peers", "reset-key", "third.example"]).0, Some(1));
    ocm(data, &["peers", "reset-key", "https://Other.example/"]);
    assert_eq!(
        refused(data, &["peers", "reset-key", "other.example"]).0,
        Some(1),
        "gone"
    );
    let left = store.find_peer("other.example").await.expect("read").expect("there");
    let left_document = PeerDocument::of(&left).expect("readable");
    assert_eq!((left_document.cavage_pem, left_document.jwks), (None, document.jwks));
    assert!(left.ever_signed, "it has to sign still");
}

#[tokio::test]
async fn an_invitation_is_made_for_somebody_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    started(data, "https://cloud.example.org").await;
    let made = ocm(data, &["invite", "create", "alice"]);
    let invitation = made["invitation"].as_str().expect("text");
    let read = InviteToken::parse(invitation).expect("an invitation");
    assert_eq!(read.host.as_str(), "cloud.example.org");
    assert_eq!(ocm(data, &["invite", "contacts", "alice"]), json!([]));

    let file = data.join("invitation");
    let path = file.to_str().expect("a path");
    for (content, why) in [(invitation, "from this server"), ("hello", "no invitation")] {
        std::fs::write(&file, content).expect("written");
        let (code, said) = refused(data, &["invite", "accept", "bob", path]);
        assert!(
            code == Some(2) && said.contains(why) && !said.contains(content),
            "{said}"
        );
    }
    assert_eq!(
        refused(data, &["invite", "accept", "bob", "/does/not/exist"]).0,
        Some(1)
    );
}
