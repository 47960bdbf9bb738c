use nc_store::Lookup as _;
use nc_store_sqlite::SqliteStore;
use time::OffsetDateTime;

use super::*;

struct World {
    folder: tempfile::TempDir,
    store: Arc<SqliteStore>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sealer = Arc::new(Sealer::new(&[Zeroizing::new([1; 32])]).expect("a key"));
        let store = SqliteStore::open(&folder.path().join("store.db"), sealer)
            .await
            .expect("a store");
        Self {
            folder,
            store: Arc::new(store),
        }
    }

    async fn vault(&self, keys: &[u8]) -> Result<Vault, VaultError> {
        let keys: Vec<_> = keys.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
        let sealer = Arc::new(Sealer::new(&keys).expect("keys"));
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
        Vault::open(self.store.clone(), sealer, clock, "https://mcp.example").await
    }
}

fn app_password(password: &str) -> AppPassword {
    AppPassword {
        login: LoginName::new("ann@example.org"),
        password: password.into(),
    }
}

fn ann() -> Profile {
    Profile {
        uid: "ann".to_owned(),
        display_name: "Ann".to_owned(),
        email: None,
    }
}

async fn password_of(vault: &Vault, subject: &str) -> Option<String> {
    let kept = vault.find(subject).await.expect("read")?;
    Some(kept.app_password.password.expose_secret().to_owned())
}

#[tokio::test]
async fn what_is_kept_is_found_replaced_and_given_up() {
    let world = World::new().await;
    let vault = world.vault(&[1]).await.expect("a vault");
    assert!(!vault.keep("s1", &ann(), &app_password("first")).await.expect("kept"));
    let kept = vault.find("s1").await.expect("read").expect("there");
    assert_eq!((kept.profile.clone(), kept.is_active), (ann(), true));
    assert_eq!(kept.app_password.login.as_str(), "ann@example.org");
    assert!(vault.keep("s1", &ann(), &app_password("second")).await.expect("kept"));
    assert_eq!(password_of(&vault, "s1").await.as_deref(), Some("second"));
    assert!(
        !vault.revoke("s1", &kept).await.expect("answered"),
        "the cloud's refusal of the first says nothing about the second"
    );
    let second = vault.find("s1").await.expect("read").expect("there");
    assert!(second.is_active);
    assert!(vault.revoke("s1", &second).await.expect("noted"));
    assert!(!vault.find("s1").await.expect("read").expect("there").is_active);
    assert!(vault.discard("s1").await.expect("given up"));
    assert!(!vault.discard("s1").await.expect("given up once"));
    assert!(vault.find("s1").await.expect("read").is_none());
    vault.keep_discarded(&app_password("third")).await.expect("set aside");
    let discarded = vault.list_discarded().await.expect("read");
    let passwords: Vec<_> = discarded
        .iter()
        .map(|one| one.app_password.password.expose_secret().to_owned())
        .collect();
    assert_eq!(passwords, ["first", "second", "third"]);
    for one in discarded {
        vault.taken_back(one.number).await.expect("deleted");
    }
    assert!(vault.list_discarded().await.expect("read").is_empty());
}

#[tokio::test]
async fn a_row_that_is_copied_to_another_person_does_not_open() {
    let world = World::new().await;
    let vault = world.vault(&[1]).await.expect("a vault");
    vault.keep("s1", &ann(), &app_password("hers")).await.expect("kept");
    let kind = CredentialKind::AppPassword;
    let found = world.store.find_credential("https://mcp.example", "s1", kind).await;
    let copied = CredentialRecord {
        number: 0,
        subject: "s2".to_owned(),
        ..found.expect("read").expect("there")
    };
    let unit = world.store.begin().await.expect("a unit");
    unit.put_credential(&copied).await.expect("stored");
    unit.commit().await.expect("committed");
    let error = vault.find("s2").await.expect_err("sealed for another");
    assert!(matches!(error, VaultError::Seal(SealError::Damaged)), "{error}");
}

#[tokio::test]
async fn a_wrong_key_is_told_and_changes_nothing() {
    let world = World::new().await;
    let vault = world.vault(&[1]).await.expect("a vault");
    vault.keep("s1", &ann(), &app_password("hers")).await.expect("kept");
    let error = world.vault(&[2]).await.err().expect("refused");
    assert!(matches!(error, VaultError::WrongKey), "{error}");
    let again = world.vault(&[1]).await.expect("the right key");
    assert_eq!(password_of(&again, "s1").await.as_deref(), Some("hers"));
}

#[tokio::test]
async fn after_a_change_of_keys_everything_is_sealed_with_the_new_one() {
    let world = World::new().await;
    let vault = world.vault(&[1]).await.expect("a vault");
    vault.keep("s1", &ann(), &app_password("hers")).await.expect("kept");
    vault.keep("s2", &ann(), &app_password("his")).await.expect("kept");
    let both = world.vault(&[2, 1]).await.expect("both keys");
    assert_eq!(both.reseal().await.expect("resealed"), 3, "two and the check value");
    assert_eq!(both.reseal().await.expect("nothing left"), 0);
    let new = world.vault(&[2]).await.expect("the old key is no longer needed");
    assert_eq!(password_of(&new, "s2").await.as_deref(), Some("his"));
}

#[tokio::test]
async fn no_file_holds_a_password_or_login_name() {
    let world = World::new().await;
    let vault = world.vault(&[1]).await.expect("a vault");
    vault
        .keep("s1", &ann(), &app_password("vErY-secret-app-password"))
        .await
        .expect("kept");
    let mut searched = 0;
    for file in std::fs::read_dir(world.folder.path()).expect("listed") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("read");
        searched += bytes.len();
        for secret in ["vErY-secret-app-password", "ann@example.org"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
    assert!(searched > 4096, "there were files to search");
}
