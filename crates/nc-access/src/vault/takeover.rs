use std::collections::HashSet;

use nc_auth::Grants;
use nc_store::{CredentialKind, CredentialRecord, CredentialState, Digest};
use secrecy::ExposeSecret as _;

use super::{AppPassword, Document, Profile, Vault, VaultError};

/// A credential that people gave to another server, whose place this one takes.
#[derive(Debug)]
pub struct TakenOver {
    /// Whose it is, at the cloud.
    pub profile: Profile,
    /// The credential.
    pub app_password: AppPassword,
    /// What it was given for.
    pub limit: Grants,
    /// When it was given, Unix seconds.
    pub given_at: i64,
    /// Whether the cloud takes it.
    pub is_active: bool,
}

impl Vault {
    /// Digests of all app passwords that are here, also of those that are revoked or given up.
    ///
    /// # Errors
    /// When the store fails or what it holds does not open.
    pub async fn list_digests(&self) -> Result<HashSet<Digest>, VaultError> {
        let mut digests = HashSet::new();
        for record in self.records().await? {
            if record.kind == CredentialKind::AppPassword {
                let kept = self.open_record(&record)?;
                digests.insert(Digest::of(kept.app_password.password.expose_secret()));
            }
        }
        Ok(digests)
    }

    /// Keeps what somebody gave to another server. What the person gave here is never replaced; whether it was kept.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub async fn take_over(&self, subject: &str, taken: &TakenOver) -> Result<bool, VaultError> {
        let kind = CredentialKind::AppPassword;
        let record = CredentialRecord {
            number: 0,
            issuer: self.issuer.to_string(),
            subject: subject.to_owned(),
            kind,
            state: if taken.is_active {
                CredentialState::Active
            } else {
                CredentialState::Revoked
            },
            sealed: self.seal(subject, &taken.app_password)?,
            document: serde_json::to_string(&Document::new(&taken.profile, taken.limit))?,
            created_at: taken.given_at,
            changed_at: self.now(),
            expires_at: None,
        };
        let unit = self.store.begin().await?;
        if unit.find_credential(&self.issuer, subject, kind).await?.is_some() {
            return Ok(false);
        }
        unit.put_credential(&record).await?;
        unit.commit().await?;
        Ok(true)
    }
}
