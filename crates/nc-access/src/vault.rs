//! What people gave for the cloud: an app password or a refresh token each, sealed where it is stored.

mod refresh;
mod takeover;

use std::sync::Arc;

use nc_auth::{Credential, Grants, LoginName, Scope, UserId};
use nc_proto::clock::Clock;
use nc_store::{CredentialKind, CredentialRecord, CredentialState, SealError, Sealer, Store, StoreError};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Access,
    random::{self, NoRandomness},
};

pub use refresh::{KeptRefresh, NewRefresh};
pub use takeover::TakenOver;

/// Rows that are read at a time.
const PAGE: u32 = 200;
/// The subject of the row that tells a wrong key at once. No issuer gives it to anybody: it has none.
const CHECK: &str = "check";

/// Why the vault could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The database.
    #[error("the store of credentials cannot be used")]
    Store(#[from] StoreError),
    /// The key, or damage.
    #[error("the stored credentials do not open")]
    Seal(#[from] SealError),
    /// The key is not the one of before.
    #[error(
        "the stored credentials were sealed with another key; put that key back, or add it after the new one, separated by a comma"
    )]
    WrongKey,
    /// What was sealed cannot be read.
    #[error("a stored credential cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// What was sealed is no text.
    #[error("a stored credential is no text")]
    NotText,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Login name and app password of an account.
#[derive(Debug, Clone)]
pub struct AppPassword {
    /// The name to sign in with, which may differ from the account's id.
    pub login: LoginName,
    /// The app password.
    pub password: SecretString,
}

impl AppPassword {
    /// Whether it is this app password.
    pub fn is(&self, password: &SecretString) -> bool {
        let (kept, given) = (self.password.expose_secret(), password.expose_secret());
        kept.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// What is known about the account of a credential. Not secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The account's id.
    pub uid: String,
    /// Name for people.
    pub display_name: String,
    /// Mail address.
    pub email: Option<String>,
}

/// A credential that is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Whose it is.
    pub profile: Profile,
    /// Whether the cloud still takes it, as far as is known.
    pub is_active: bool,
    /// What it was given for, which may be less than what a token allows.
    pub limit: Grants,
    /// When the person gave it, Unix seconds.
    pub created_at: i64,
    /// The credential.
    pub app_password: AppPassword,
    number: i64,
}

impl Kept {
    /// How the cloud is reached with what is kept of a person.
    pub fn access(kept: Option<Self>) -> Access {
        match kept.filter(|kept| kept.is_active) {
            Some(kept) => Access {
                limit: kept.limit,
                credential: Credential::Basic {
                    login: kept.app_password.login,
                    password: kept.app_password.password,
                },
            },
            None => Credential::NotProvisioned.into(),
        }
    }
}

/// One that is to be taken back at the cloud.
#[derive(Debug)]
pub struct Discarded {
    /// Its number, for [`Vault::taken_back`].
    pub number: i64,
    /// The credential.
    pub app_password: AppPassword,
}

/// What is kept beside the credential, open.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(flatten)]
    profile: Profile,
    /// Absent for no limit; an empty list grants nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
}

impl Document {
    fn new(profile: &Profile, limit: Grants) -> Self {
        Self {
            profile: profile.clone(),
            scopes: match limit {
                Grants::Unrestricted => None,
                Grants::Only(scopes) => Some(scopes.iter().map(|scope| scope.as_str().to_owned()).collect()),
            },
        }
    }

    fn limit(&self) -> Grants {
        self.scopes.as_ref().map_or(Grants::Unrestricted, |scopes| {
            Grants::Only(scopes.iter().filter_map(|name| name.parse::<Scope>().ok()).collect())
        })
    }
}

/// A refresh token that is to be taken back at the issuer.
#[derive(Debug)]
pub struct DiscardedRefresh {
    /// Its number, for [`Vault::taken_back`].
    pub number: i64,
    /// The refresh token.
    pub token: SecretString,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    login: String,
    password: String,
}

/// The app passwords of everybody, by subject identifier.
#[derive(Clone)]
pub struct Vault {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    clock: Clock,
    issuer: Arc<str>,
}

impl Vault {
    /// Opens the vault. `issuer` is who is good for the subject identifiers.
    ///
    /// # Errors
    /// [`VaultError::WrongKey`] when the sealing key is another one than before; then nothing is changed.
    pub async fn open(
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        clock: Clock,
        issuer: &str,
    ) -> Result<Self, VaultError> {
        let vault = Self {
            store,
            sealer,
            clock,
            issuer: issuer.into(),
        };
        vault.check_key().await?;
        Ok(vault)
    }

    async fn check_key(&self) -> Result<(), VaultError> {
        let unit = self.store.begin().await?;
        let place = place("", CHECK, CredentialKind::AppPassword);
        if let Some(known) = unit.find_credential("", CHECK, CredentialKind::AppPassword).await? {
            return match self.sealer.open(&place, &known.sealed) {
                Ok(_) => Ok(()),
                Err(_) => Err(VaultError::WrongKey),
            };
        }
        let record = CredentialRecord {
            number: 0,
            issuer: String::new(),
            subject: CHECK.to_owned(),
            kind: CredentialKind::AppPassword,
            state: CredentialState::Active,
            sealed: self.sealer.seal(&place, b"check", random::bytes()?)?,
            document: "{}".to_owned(),
            created_at: self.now(),
            changed_at: self.now(),
            expires_at: None,
        };
        unit.put_credential(&record).await?;
        Ok(unit.commit().await?)
    }

    /// The credential of a person.
    ///
    /// # Errors
    /// When the store fails or what it holds does not open.
    pub async fn find(&self, subject: &str) -> Result<Option<Kept>, VaultError> {
        let found = self
            .store
            .find_credential(&self.issuer, subject, CredentialKind::AppPassword)
            .await?;
        found.map(|record| self.open_record(&record)).transpose()
    }

    /// Keeps a credential. The one of before is set aside, to be taken back at the cloud; whether there was one.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub async fn keep(&self, subject: &str, profile: &Profile, app_password: &AppPassword) -> Result<bool, VaultError> {
        let sealed = self.seal(subject, app_password)?;
        let document = serde_json::to_string(&Document::new(profile, Grants::Unrestricted))?;
        self.put(subject, CredentialKind::AppPassword, sealed, document, None)
            .await
    }

    /// Stores a credential; the one of before is set aside. Whether there was one.
    async fn put(
        &self,
        subject: &str,
        kind: CredentialKind,
        sealed: Vec<u8>,
        document: String,
        expires_at: Option<i64>,
    ) -> Result<bool, VaultError> {
        let now = self.now();
        let unit = self.store.begin().await?;
        let before = unit.find_credential(&self.issuer, subject, kind).await?;
        let replaced = before.is_some();
        if let Some(before) = before {
            let discarded = CredentialRecord {
                state: CredentialState::Discarded,
                changed_at: now,
                ..before
            };
            unit.put_credential(&discarded).await?;
        }
        let record = CredentialRecord {
            number: 0,
            issuer: self.issuer.to_string(),
            subject: subject.to_owned(),
            kind,
            state: CredentialState::Active,
            sealed,
            document,
            created_at: now,
            changed_at: now,
            expires_at,
        };
        unit.put_credential(&record).await?;
        unit.commit().await?;
        Ok(replaced)
    }

    /// Sets a credential aside that was never a person's, to be taken back at the cloud.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_discarded(&self, app_password: &AppPassword) -> Result<(), VaultError> {
        let now = self.now();
        let record = CredentialRecord {
            number: 0,
            issuer: self.issuer.to_string(),
            subject: String::new(),
            kind: CredentialKind::AppPassword,
            state: CredentialState::Discarded,
            sealed: self.seal("", app_password)?,
            document: "{}".to_owned(),
            created_at: now,
            changed_at: now,
            expires_at: None,
        };
        let unit = self.store.begin().await?;
        unit.put_credential(&record).await?;
        Ok(unit.commit().await?)
    }

    /// Notes that the cloud refused a credential. One that has replaced it since is left alone; whether it was noted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke(&self, subject: &str, kept: &Kept) -> Result<bool, VaultError> {
        let kind = CredentialKind::AppPassword;
        self.change(subject, kind, Some(kept.number), CredentialState::Revoked)
            .await
    }

    /// Gives a person's credential up; it is still to be taken back at the cloud. Whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn discard(&self, subject: &str) -> Result<bool, VaultError> {
        let kind = CredentialKind::AppPassword;
        self.change(subject, kind, None, CredentialState::Discarded).await
    }

    async fn change(
        &self,
        subject: &str,
        kind: CredentialKind,
        number: Option<i64>,
        state: CredentialState,
    ) -> Result<bool, VaultError> {
        let unit = self.store.begin().await?;
        let found = unit.find_credential(&self.issuer, subject, kind).await?;
        let Some(record) = found.filter(|record| number.is_none_or(|number| number == record.number)) else {
            return Ok(false);
        };
        let changed = CredentialRecord {
            state,
            changed_at: self.now(),
            ..record
        };
        unit.put_credential(&changed).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// What is to be taken back at the cloud.
    ///
    /// # Errors
    /// When the store fails or what it holds does not open.
    pub async fn list_discarded(&self) -> Result<Vec<Discarded>, VaultError> {
        let mut discarded = Vec::new();
        for record in self.records().await? {
            if record.state == CredentialState::Discarded && record.kind == CredentialKind::AppPassword {
                let kept = self.open_record(&record)?;
                discarded.push(Discarded {
                    number: record.number,
                    app_password: kept.app_password,
                });
            }
        }
        Ok(discarded)
    }

    /// Notes that the cloud no longer takes a discarded credential.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn taken_back(&self, number: i64) -> Result<(), VaultError> {
        let unit = self.store.begin().await?;
        unit.delete_credential(number).await?;
        Ok(unit.commit().await?)
    }

    /// Subjects of whom a credential is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_subjects(&self) -> Result<Vec<String>, VaultError> {
        let records = self.records().await?;
        let kept = records
            .into_iter()
            .filter(|record| record.state != CredentialState::Discarded);
        let mut subjects: Vec<String> = kept.map(|record| record.subject).collect();
        subjects.sort();
        subjects.dedup();
        Ok(subjects)
    }

    /// What can be said of a stored credential without opening it: whose it is, and what it was given for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn describe(record: &CredentialRecord) -> Result<(Profile, Grants), VaultError> {
        let document: Document = serde_json::from_str(&record.document)?;
        let limit = document.limit();
        Ok((document.profile, limit))
    }

    /// Seals with the first key what another key sealed. How many.
    ///
    /// # Errors
    /// When the store fails or something does not open; what is done until then stays done.
    pub async fn reseal(&self) -> Result<u64, VaultError> {
        let mut done = 0;
        let mut after = 0;
        loop {
            let page = self.store.list_credentials(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(done) };
            after = last.number;
            for known in page.iter().filter(|record| self.sealer.is_outdated(&record.sealed)) {
                let unit = self.store.begin().await?;
                // It may have been replaced while the list was read.
                let listed = unit.list_credentials(known.number - 1, 1).await?;
                let Some(record) = listed.into_iter().find(|record| record.number == known.number) else {
                    continue;
                };
                let place = place(&record.issuer, &record.subject, record.kind);
                let plain = self.sealer.open(&place, &record.sealed)?;
                let sealed = self.sealer.seal(&place, &plain, random::bytes()?)?;
                unit.put_credential(&CredentialRecord { sealed, ..record }).await?;
                unit.commit().await?;
                done += 1;
            }
        }
    }

    async fn records(&self) -> Result<Vec<CredentialRecord>, VaultError> {
        let mut records = Vec::new();
        let mut after = 0;
        loop {
            let page = self.store.list_credentials(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(records) };
            after = last.number;
            records.extend(page.into_iter().filter(|record| *record.issuer == *self.issuer));
        }
    }

    fn seal(&self, subject: &str, app_password: &AppPassword) -> Result<Vec<u8>, VaultError> {
        let plain = Sealed {
            login: app_password.login.as_str().to_owned(),
            password: app_password.password.expose_secret().to_owned(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&plain)?);
        self.seal_bytes(subject, CredentialKind::AppPassword, &plain)
    }

    fn seal_bytes(&self, subject: &str, kind: CredentialKind, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let place = place(&self.issuer, subject, kind);
        Ok(self.sealer.seal(&place, plain, random::bytes()?)?)
    }

    fn open_bytes(&self, record: &CredentialRecord) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let place = place(&record.issuer, &record.subject, record.kind);
        Ok(self.sealer.open(&place, &record.sealed)?)
    }

    fn open_record(&self, record: &CredentialRecord) -> Result<Kept, VaultError> {
        let plain = self.open_bytes(record)?;
        let sealed: Sealed = serde_json::from_slice(&plain)?;
        let (profile, limit) = Self::describe(record)?;
        Ok(Kept {
            limit,
            profile,
            is_active: record.state == CredentialState::Active,
            created_at: record.created_at,
            app_password: AppPassword {
                login: LoginName::new(sealed.login),
                password: sealed.password.into(),
            },
            number: record.number,
        })
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

impl Profile {
    /// The account's id.
    pub fn user(&self) -> UserId {
        UserId::new(self.uid.as_str())
    }
}

/// Where a credential belongs. As a JSON list, so that no name can pass for two.
fn place(issuer: &str, subject: &str, kind: CredentialKind) -> String {
    serde_json::json!(["credentials", issuer, subject, kind.word()]).to_string()
}

#[cfg(test)]
mod tests;
