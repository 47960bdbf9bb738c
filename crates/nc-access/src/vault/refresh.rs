//! Refresh tokens of an issuer elsewhere, with which this server gets tokens for the cloud.

use nc_store::{CredentialKind, CredentialRecord, CredentialState};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{DiscardedRefresh, Vault, VaultError};

const KIND: CredentialKind = CredentialKind::Refresh;

/// A refresh token that a person gave.
pub struct NewRefresh<'a> {
    /// The token.
    pub token: &'a SecretString,
    /// When it ends, Unix seconds, if the issuer said so.
    pub expires_at: Option<i64>,
    /// What it allows at the cloud.
    pub scopes: Vec<String>,
    /// Id of the client through which the person was asked.
    pub client: String,
    /// A name of the person, for people to read.
    pub name: Option<String>,
}

/// One that is kept.
#[derive(Debug, Clone)]
pub struct KeptRefresh {
    /// The token.
    pub token: SecretString,
    /// What it allows at the cloud.
    pub scopes: Vec<String>,
    /// Id of the client through which the person was asked.
    pub client: String,
    /// A name of the person, for people to read.
    pub name: Option<String>,
    /// Whether the issuer still takes it, as far as is known.
    pub is_active: bool,
    /// Whether its time is over.
    pub is_expired: bool,
    /// When the person gave it, Unix seconds.
    pub created_at: i64,
    /// When it ends, if that is known.
    pub expires_at: Option<i64>,
    number: i64,
}

/// What is known about one. Not secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Document {
    scopes: Vec<String>,
    client: String,
    name: Option<String>,
}

impl Vault {
    /// The refresh token of a person; also one that has ended.
    ///
    /// # Errors
    /// When the store fails or what it holds does not open.
    pub async fn find_refresh(&self, subject: &str) -> Result<Option<KeptRefresh>, VaultError> {
        let found = self.store.find_credential(&self.issuer, subject, KIND).await?;
        found.map(|record| self.open_refresh(&record)).transpose()
    }

    /// Keeps a refresh token. The one of before is set aside, to be taken back at the issuer; whether there was one.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub async fn keep_refresh(&self, subject: &str, new: NewRefresh<'_>) -> Result<bool, VaultError> {
        let sealed = self.seal_bytes(subject, KIND, new.token.expose_secret().as_bytes())?;
        let document = serde_json::to_string(&Document {
            scopes: new.scopes,
            client: new.client,
            name: new.name,
        })?;
        self.put(subject, KIND, sealed, document, new.expires_at).await
    }

    /// Keeps one that the person gave to another server, at `given_at`, whose client at the issuer is this server's now. What the
    /// person gave here is never replaced; whether it was kept.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub async fn take_over_refresh(
        &self,
        subject: &str,
        new: NewRefresh<'_>,
        given_at: i64,
    ) -> Result<bool, VaultError> {
        let sealed = self.seal_bytes(subject, KIND, new.token.expose_secret().as_bytes())?;
        let unit = self.store.begin().await?;
        if unit.find_credential(&self.issuer, subject, KIND).await?.is_some() {
            return Ok(false);
        }
        let record = CredentialRecord {
            number: 0,
            issuer: self.issuer.to_string(),
            subject: subject.to_owned(),
            kind: KIND,
            state: CredentialState::Active,
            sealed,
            document: serde_json::to_string(&Document {
                scopes: new.scopes,
                client: new.client,
                name: new.name,
            })?,
            created_at: given_at,
            changed_at: self.now(),
            expires_at: new.expires_at,
        };
        unit.put_credential(&record).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// Replaces a refresh token by the one that the issuer gave for it. `false`: another one is kept meanwhile.
    ///
    /// # Errors
    /// When the store fails; then the one of before stays.
    pub async fn rotate_refresh(
        &self,
        subject: &str,
        used: &KeptRefresh,
        token: &SecretString,
        expires_at: Option<i64>,
    ) -> Result<bool, VaultError> {
        let unit = self.store.begin().await?;
        let found = unit.find_credential(&self.issuer, subject, KIND).await?;
        let Some(record) = found.filter(|record| record.number == used.number) else {
            return Ok(false);
        };
        let rotated = CredentialRecord {
            sealed: self.seal_bytes(subject, KIND, token.expose_secret().as_bytes())?,
            state: CredentialState::Active,
            changed_at: self.now(),
            expires_at: expires_at.or(record.expires_at),
            ..record
        };
        unit.put_credential(&rotated).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// Notes that the issuer refused a refresh token. One that has replaced it since is left alone; whether it was noted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_refresh(&self, subject: &str, used: &KeptRefresh) -> Result<bool, VaultError> {
        self.change(subject, KIND, Some(used.number), CredentialState::Revoked)
            .await
    }

    /// Gives a person's refresh token up; it is still to be taken back at the issuer. Whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn discard_refresh(&self, subject: &str) -> Result<bool, VaultError> {
        self.change(subject, KIND, None, CredentialState::Discarded).await
    }

    /// What is to be taken back at the issuer.
    ///
    /// # Errors
    /// When the store fails or what it holds does not open.
    pub async fn list_discarded_refreshes(&self) -> Result<Vec<DiscardedRefresh>, VaultError> {
        let mut discarded = Vec::new();
        for record in self.records().await? {
            if record.state == CredentialState::Discarded && record.kind == KIND {
                let kept = self.open_refresh(&record)?;
                discarded.push(DiscardedRefresh {
                    number: record.number,
                    token: kept.token,
                });
            }
        }
        Ok(discarded)
    }

    fn open_refresh(&self, record: &CredentialRecord) -> Result<KeptRefresh, VaultError> {
        let plain = self.open_bytes(record)?;
        let token = std::str::from_utf8(&plain).map_err(|_| VaultError::NotText)?;
        let document: Document = serde_json::from_str(&record.document)?;
        let is_expired = record.expires_at.is_some_and(|at| at <= self.now());
        Ok(KeptRefresh {
            token: token.into(),
            scopes: document.scopes,
            client: document.client,
            name: document.name,
            is_active: record.state == CredentialState::Active && !is_expired,
            is_expired,
            created_at: record.created_at,
            expires_at: record.expires_at,
            number: record.number,
        })
    }
}

impl KeptRefresh {
    /// Whether it is the same record, with the same token.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.number == other.number && self.token.expose_secret() == other.token.expose_secret()
    }
}
