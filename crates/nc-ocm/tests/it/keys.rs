//! The keys of this server: made once, published before they sign, and until nothing that they signed is good.

use std::{sync::Arc, time::Duration};

use nc_auth::jws;
use nc_ocm::{
    KeyKind, KeyParts, KeySlot, Keys, OcmError, Random,
    signature::SigningAlgorithm::{Ed25519, Es256},
};
use nc_proto::{clock::Clock, oauth::jose::Compact};
use nc_store::{Sealer, Store};
use serde_json::json;
use zeroize::Zeroizing;

use crate::support::{Server, clock, open_store};

struct Kept {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Kept {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, sealer) = open_store(&folder.path().join("ocm.db")).await;
        Self {
            store,
            sealer,
            clock: clock(),
            _folder: folder,
        }
    }

    async fn at(&self, origin: &str, sealer: &Arc<Sealer>) -> Result<Keys, OcmError> {
        Keys::open(KeyParts {
            store: Arc::clone(&self.store),
            sealer: Arc::clone(sealer),
            clock: self.clock.clone(),
            random: Random::system(),
            public_origin: origin.parse().expect("a URL"),
            token_ttl: Duration::from_mins(10),
        })
        .await
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(time::Duration::seconds(seconds));
    }

    async fn open(&self) -> Keys {
        self.at("https://cloud.example.org", &self.sealer).await.expect("keys")
    }
}

async fn kids(keys: &Keys) -> Vec<String> {
    let published = keys.published().await.expect("keys");
    let kids = published["keys"].as_array().expect("a list").iter();
    let name = |key: &serde_json::Value| {
        let kid = key["kid"].as_str().expect("a name");
        kid.strip_prefix("https://cloud.example.org/ocm#")
            .unwrap_or(kid)
            .to_owned()
    };
    kids.map(name).collect()
}

async fn signs(keys: &Keys) -> String {
    keys.active(Es256).await.expect("a key").kid.clone()
}

#[tokio::test]
async fn keys_are_made_at_the_first_start_and_kept() {
    let server = Server::start(&clock()).await;
    let published = server.ocm.keys().published().await.expect("keys");
    let cavage = server.ocm.keys().cavage().await.expect("a key");
    let kid = |name: &str| format!("{}/ocm#{name}", server.url);
    let es256 = published["keys"].as_array().and_then(|keys| {
        let named = |key: &&serde_json::Value| key["kid"] == kid("ecdsa-p256-sha256-1");
        keys.iter().find(named)
    });
    assert_eq!(es256.expect("there")["alg"], "ES256");
    let members = published.to_string();
    assert!(members.contains(&kid("ed25519-1")), "{members}");
    assert!(!members.contains("\"d\""), "nothing private: {members}");
    assert_eq!(cavage.key_id, kid("signature"));
    assert!(cavage.public_pem.starts_with("-----BEGIN PUBLIC KEY-----"));

    let server = server.restart().await;
    assert_eq!(server.ocm.keys().published().await.expect("keys"), published);
    let again = server.ocm.keys().cavage().await.expect("a key");
    assert_eq!(again.public_pem, cavage.public_pem);
    let stored = server.store.list_federation_keys().await.expect("keys");
    assert_eq!(stored.len(), 3);
    let dump = std::fs::read(server.database()).expect("the database");
    let own = server.ocm.keys().active(Es256).await.expect("a key");
    let private = own.key.pkcs8().expect("a key");
    assert!(!dump.windows(32).any(|window| window == &private[36..68]), "sealed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_that_start_together_have_the_same_keys() {
    let kept = Arc::new(Kept::new().await);
    let opened = (0..6).map(|_| {
        let kept = Arc::clone(&kept);
        tokio::spawn(async move {
            let keys = kept.open().await;
            (
                keys.published().await.expect("keys"),
                keys.cavage().await.expect("a key").public_pem.clone(),
            )
        })
    });
    let mut all = Vec::new();
    for keys in opened.collect::<Vec<_>>() {
        all.push(keys.await.expect("a task"));
    }
    assert!(all.iter().all(|keys| *keys == all[0]), "{all:?}");
}

#[tokio::test]
async fn a_key_is_published_an_hour_before_it_signs() {
    let kept = Kept::new().await;
    let keys = kept.open().await;
    kept.advance(1);
    let staged = keys.stage().await.expect("staged");
    assert_eq!(staged.done.len(), 2);
    assert!(keys.stage().await.expect("staged").done.is_empty(), "one at a time");
    assert_eq!(
        kids(&keys).await,
        ["ecdsa-p256-sha256-1", "ed25519-1", "ecdsa-p256-sha256-2", "ed25519-2"]
    );
    kept.advance(3599);
    let early = keys.activate(false).await.expect("asked");
    assert!(early.done.is_empty() && early.waiting.len() == 2, "{early:?}");
    assert_eq!(signs(&keys).await, "https://cloud.example.org/ocm#ecdsa-p256-sha256-1");
    kept.advance(1);
    let activated = keys.activate(false).await.expect("activated");
    assert_eq!(activated.done, staged.done);
    assert_eq!(signs(&keys).await, "https://cloud.example.org/ocm#ecdsa-p256-sha256-2");
    let slots: Vec<_> = keys
        .list()
        .await
        .expect("keys")
        .into_iter()
        .map(|key| (key.kind, key.slot))
        .collect();
    let [es256, ed25519] = KeyKind::IN_SET;
    for (kind, slot) in [
        (es256, KeySlot::Retiring),
        (es256, KeySlot::Active),
        (ed25519, KeySlot::Active),
        (KeyKind::Cavage, KeySlot::Active),
    ] {
        assert!(slots.contains(&(kind, slot)), "{kind:?} {slot:?}: {slots:?}");
    }
    assert_eq!(slots.len(), 5);
}

#[tokio::test]
async fn a_new_key_signs_at_once_when_that_is_forced() {
    let kept = Kept::new().await;
    let keys = kept.open().await;
    assert!(
        keys.activate(true).await.expect("asked").done.is_empty(),
        "nothing is pending"
    );
    let staged = keys.stage().await.expect("staged");
    assert_eq!(keys.activate(true).await.expect("activated").done, staged.done);
    assert!(keys.active(Ed25519).await.expect("a key").kid.ends_with("#ed25519-2"));
}

#[tokio::test]
async fn ocm_n061_a_token_is_good_until_its_key_is_removed() {
    let kept = Kept::new().await;
    let keys = kept.open().await;
    let own = keys.active(Es256).await.expect("a key");
    let header = json!({"typ": "at+jwt", "kid": own.kid});
    let token = own.key.sign_jws(&header, &json!({"jti": "1"})).expect("a token");
    let verifies = async || {
        let known = keys.token_keys().await.expect("keys");
        let compact = Compact::read(&token).expect("a token");
        let key = known.iter().find(|key| key.kid.as_deref() == Some(own.kid.as_str()));
        key.is_some_and(|key| jws::verify(&compact, key).is_ok())
    };
    assert!(verifies().await);
    keys.stage().await.expect("staged");
    keys.activate(true).await.expect("activated");
    kept.advance(3599);
    let early = keys.retire(false).await.expect("asked");
    assert!(early.done.is_empty() && early.waiting.len() == 2, "{early:?}");
    assert!(verifies().await, "retired, and published still");
    kept.advance(1);
    assert_eq!(keys.retire(false).await.expect("removed").done.len(), 2);
    assert!(!verifies().await, "removed");
    assert_eq!(kids(&keys).await, ["ecdsa-p256-sha256-2", "ed25519-2"]);
    keys.stage().await.expect("staged");
    assert!(
        kids(&keys).await.contains(&"ecdsa-p256-sha256-3".to_owned()),
        "no name comes twice"
    );
}

#[tokio::test]
async fn what_another_process_changed_is_seen_within_seconds() {
    let kept = Kept::new().await;
    let (server, command_line) = (kept.open().await, kept.open().await);
    assert_eq!(kids(&server).await.len(), 2);
    command_line.stage().await.expect("staged");
    kept.advance(5);
    assert_eq!(kids(&server).await.len(), 4);
    command_line.activate(true).await.expect("activated");
    command_line.retire(true).await.expect("removed");
    kept.advance(5);
    assert_eq!(kids(&server).await, ["ecdsa-p256-sha256-2", "ed25519-2"]);
    assert!(signs(&server).await.ends_with("-2"));
}

#[tokio::test]
async fn keys_that_do_not_open_are_left_alone() {
    let kept = Kept::new().await;
    let before = kids(&kept.open().await).await;
    let other = |bytes: &[u8]| {
        let keys: Vec<_> = bytes.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
        Arc::new(Sealer::new(&keys).expect("keys"))
    };
    let wrong = kept.at("https://cloud.example.org", &other(&[8])).await;
    assert!(matches!(wrong, Err(OcmError::Seal(_))), "{wrong:?}");
    assert_eq!(kids(&kept.open().await).await, before);

    // With the former key beside it they open, and are sealed with the new one.
    kept.at("https://cloud.example.org", &other(&[8, 7]))
        .await
        .expect("keys");
    let keys = kept.at("https://cloud.example.org", &other(&[8])).await.expect("keys");
    assert_eq!(kids(&keys).await, before);
}

#[tokio::test]
async fn a_server_with_a_new_address_has_other_keys() {
    let kept = Kept::new().await;
    let keys = kept.open().await;
    let other = kept
        .at("https://other.example:8443/", &kept.sealer)
        .await
        .expect("keys");
    let own = other.active(Es256).await.expect("a key");
    assert_eq!(own.kid, "https://other.example:8443/ocm#ecdsa-p256-sha256-1");
    let cavage = other.cavage().await.expect("a key");
    assert_eq!(cavage.key_id, "https://other.example:8443/ocm#signature");
    assert_ne!(cavage.public_pem, keys.cavage().await.expect("a key").public_pem);
    assert_eq!(kids(&other).await.len(), 2);
    // A name that only begins alike is another server.
    kept.at("https://cloud.example.org.evil.example", &kept.sealer)
        .await
        .expect("keys");
    assert_eq!(kids(&kept.open().await).await, ["ecdsa-p256-sha256-1", "ed25519-1"]);
}
