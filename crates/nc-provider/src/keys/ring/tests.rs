use nc_store_sqlite::SqliteStore;
use serde_json::json;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::*;

struct Bench {
    _folder: TempDir,
    store: Arc<dyn Store>,
    clock: Clock,
}

fn sealer(secrets: &[u8]) -> Arc<Sealer> {
    let secrets: Vec<_> = secrets.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
    Arc::new(Sealer::new(&secrets).expect("a sealer"))
}

fn options(algorithms: &[Algorithm]) -> KeyOptions {
    KeyOptions {
        algorithms: algorithms.to_vec(),
        rsa_bits: 2048,
        ..KeyOptions::default()
    }
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("store.sqlite"), sealer(&[1]))
            .await
            .expect("a store");
        Self {
            _folder: folder,
            store: Arc::new(store),
            clock: Clock::manual(OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time")),
        }
    }

    /// As another process would.
    async fn ring(&self) -> Arc<KeyRing> {
        self.ring_with(&[1], &[Algorithm::Es256]).await.expect("a ring")
    }

    async fn ring_with(&self, secrets: &[u8], algorithms: &[Algorithm]) -> Result<Arc<KeyRing>, Error> {
        KeyRing::open(
            Arc::clone(&self.store),
            sealer(secrets),
            self.clock.clone(),
            options(algorithms),
        )
        .await
    }
}

async fn token(ring: &KeyRing) -> String {
    let token = ring.sign(Algorithm::Es256, "at+jwt", &json!({"sub": "u"})).await;
    token.expect("signed")
}

async fn verifies(ring: &KeyRing, token: &str) -> bool {
    let token = Compact::read(token).expect("readable");
    ring.verify(&token).await.expect("answered")
}

async fn kids(ring: &KeyRing) -> Vec<String> {
    let set = ring.jwks().await.expect("keys");
    set.0.into_iter().filter_map(|key| key.kid).collect()
}

#[tokio::test]
async fn the_first_start_makes_a_key_for_each_algorithm_and_later_ones_use_them() {
    let bench = Bench::new().await;
    let all = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
    let ring = bench.ring_with(&[1], &all).await.expect("a ring");
    for algorithm in all {
        let token = ring.sign(algorithm, "JWT", &json!({"sub": "u"})).await.expect("signed");
        let read = Compact::read(&token).expect("readable");
        assert_eq!(
            (read.header.algorithm, read.header.typ.as_deref()),
            (algorithm, Some("JWT"))
        );
        assert!(verifies(&ring, &token).await);
        let set = ring.jwks().await.expect("keys");
        assert!(set.find(read.header.kid.as_deref(), algorithm).is_ok());
    }
    let again = bench.ring_with(&[1], &all).await.expect("a ring");
    assert_eq!(kids(&again).await, kids(&ring).await);
    assert!(ring.sign(Algorithm::Es384, "JWT", &json!({})).await.is_err());
}

#[tokio::test]
async fn two_processes_that_start_together_share_one_key() {
    let bench = Bench::new().await;
    let (one, other) = tokio::join!(bench.ring(), bench.ring());
    assert_eq!(kids(&one).await, kids(&other).await);
    assert_eq!(kids(&one).await.len(), 1);
    assert!(verifies(&other, &token(&one).await).await);
}

#[tokio::test]
async fn a_key_goes_through_the_ring_and_its_tokens_stay_good_until_it_is_gone() {
    let bench = Bench::new().await;
    let ring = bench.ring().await;
    let old = token(&ring).await;
    bench.clock.advance(Duration::days(89));
    ring.upkeep().await.expect("upkeep");
    assert_eq!(kids(&ring).await.len(), 2, "the next key is published");
    let still_old = token(&ring).await;
    assert_eq!(still_old.split('.').next(), old.split('.').next());
    bench.clock.advance(Duration::days(1));
    ring.upkeep().await.expect("upkeep");
    let new = token(&ring).await;
    assert_ne!(new.split('.').next(), old.split('.').next());
    assert!(verifies(&ring, &old).await && verifies(&ring, &new).await);
    bench.clock.advance(Duration::days(1) + Duration::minutes(15));
    ring.upkeep().await.expect("upkeep");
    assert_eq!(kids(&ring).await.len(), 1);
    assert!(!verifies(&ring, &old).await && verifies(&ring, &new).await);
}

#[tokio::test]
async fn rotation_publishes_a_successor_that_signs_a_day_later() {
    let bench = Bench::new().await;
    let ring = bench.ring().await;
    let before = token(&ring).await;
    ring.rotate().await.expect("rotated");
    ring.rotate().await.expect("rotated");
    assert_eq!(kids(&ring).await.len(), 2, "asking twice makes one successor");
    assert_eq!(token(&ring).await.split('.').next(), before.split('.').next());
    bench.clock.advance(Duration::days(1));
    ring.upkeep().await.expect("upkeep");
    assert_ne!(token(&ring).await.split('.').next(), before.split('.').next());
}

#[tokio::test]
async fn an_emergency_ends_every_key_at_once_for_other_processes_too() {
    let bench = Bench::new().await;
    let (ring, other) = (bench.ring().await, bench.ring().await);
    ring.rotate().await.expect("rotated");
    let old = token(&ring).await;
    ring.rotate_emergency().await.expect("rotated");
    assert_eq!(kids(&ring).await.len(), 1);
    assert!(!verifies(&ring, &old).await);
    let new = token(&ring).await;
    bench.clock.advance(Duration::seconds(1));
    assert!(verifies(&other, &new).await, "an unknown key is looked up");
    assert!(!verifies(&other, &old).await);
}

#[tokio::test]
async fn what_another_process_rotated_is_seen_within_seconds() {
    let bench = Bench::new().await;
    let (ring, other) = (bench.ring().await, bench.ring().await);
    ring.rotate_emergency().await.expect("rotated");
    bench.clock.advance(Duration::seconds(FRESH_S));
    assert_eq!(kids(&other).await, kids(&ring).await);
    assert!(verifies(&ring, &token(&other).await).await);
}

#[tokio::test]
async fn a_wrong_sealing_secret_is_an_error_and_overwrites_nothing() {
    let bench = Bench::new().await;
    let old = token(&*bench.ring().await).await;
    let refused = bench.ring_with(&[2], &[Algorithm::Es256]).await;
    assert!(matches!(refused, Err(Error::Seal(_))));
    assert!(verifies(&*bench.ring().await, &old).await);
}

#[tokio::test]
async fn a_new_sealing_secret_seals_the_keys_again() {
    let bench = Bench::new().await;
    let old = token(&*bench.ring().await).await;
    let both = bench.ring_with(&[2, 1], &[Algorithm::Es256]).await.expect("a ring");
    assert!(verifies(&both, &old).await);
    let new = bench.ring_with(&[2], &[Algorithm::Es256]).await.expect("a ring");
    assert!(verifies(&new, &old).await);
}

#[tokio::test]
async fn a_sealed_key_does_not_open_in_another_row() {
    let bench = Bench::new().await;
    let ring = bench
        .ring_with(&[1], &[Algorithm::Es256, Algorithm::EdDsa])
        .await
        .expect("a ring");
    let records = bench.store.list_keys().await.expect("keys");
    let mut moved = records[0].clone();
    moved.sealed.clone_from(&records[1].sealed);
    let unit = bench.store.begin().await.expect("a unit");
    unit.put_key(&moved).await.expect("stored");
    unit.commit().await.expect("committed");
    drop(ring);
    let opened = bench.ring_with(&[1], &[Algorithm::Es256]).await;
    assert!(matches!(opened, Err(Error::Seal(_))));
}

#[tokio::test]
async fn j03_a_token_without_a_key_name_or_with_an_unknown_one_is_nobodys() {
    let bench = Bench::new().await;
    let ring = bench.ring().await;
    let good = token(&ring).await;
    let (_, rest) = good.split_once('.').expect("parts");
    for header in [
        json!({"alg": "ES256", "typ": "at+jwt"}),
        json!({"alg": "ES256", "typ": "at+jwt", "kid": "../../keys"}),
    ] {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        let token = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(!verifies(&ring, &token).await);
    }
}

#[tokio::test]
async fn no_private_key_is_stored_readable_or_logged() {
    let bench = Bench::new().await;
    let ring = bench.ring().await;
    let records = bench.store.list_keys().await.expect("keys");
    let key = open(&records[0], &sealer(&[1])).expect("opens");
    let pkcs8 = key.to_pkcs8().expect("written");
    assert!(
        !records[0]
            .sealed
            .windows(16)
            .any(|part| part == &pkcs8[pkcs8.len() / 2..pkcs8.len() / 2 + 16])
    );
    assert!(!records[0].public.contains("\"d\""));
    let audit = bench.store.list_audit(10).await.expect("a log");
    assert!(
        audit
            .iter()
            .any(|entry| entry.event == "key.changed" && entry.document.contains(key.kid()))
    );
    assert_eq!(format!("{ring:?}"), "KeyRing(1 published)");
}

#[tokio::test]
async fn an_rsa_key_is_made_once_when_the_first_token_needs_it_or_at_the_first_upkeep() {
    let bench = Bench::new().await;
    let ring = bench
        .ring_with(&[1], &[Algorithm::Rs256, Algorithm::Es256])
        .await
        .expect("a ring");
    assert_eq!(kids(&ring).await.len(), 1);
    let claims = json!({"sub": "u"});
    let sign = || ring.sign(Algorithm::Rs256, "JWT", &claims);
    let (one, other) = tokio::join!(sign(), sign());
    let (one, other) = (one.expect("signed"), other.expect("signed"));
    assert_eq!(
        Compact::read(&one).expect("readable").header.kid,
        Compact::read(&other).expect("readable").header.kid
    );
    assert_eq!(kids(&ring).await.len(), 2);
    ring.upkeep().await.expect("kept");
    assert_eq!(kids(&ring).await.len(), 2);
}
