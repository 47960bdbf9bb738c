//! What people gave for the Nextcloud, as an administrator sees it: whose, since when, in which state; never the secret.

use anyhow::Context as _;
use nc_access::Vault;
use nc_auth::Grants;
use nc_proto::clock::Clock;
use nc_provider::{Audit, Event};
use nc_store::{CredentialKind, CredentialRecord, CredentialState};

use crate::provider_data::ProviderData;

/// Rows that are read at a time.
const PAGE: u32 = 200;

/// One stored credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Subject identifier of the person; empty where it was never found out whose it is.
    pub subject: String,
    /// The account at the Nextcloud; empty where that was not told, as for refresh tokens.
    pub uid: String,
    /// `app_password` of the Nextcloud, or `refresh_token` of the issuer.
    pub kind: &'static str,
    /// `active`, `revoked` (it is taken no more) or `discarded` (to be taken back there).
    pub state: &'static str,
    /// Scopes that it was given for, separated by blanks; `nothing` for none of them. `None`: for all.
    pub only_for: Option<String>,
    /// When it was given, Unix seconds.
    pub created_at: i64,
    /// When its state changed.
    pub changed_at: i64,
}

/// Whose credentials are meant.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// By subject identifier.
    Subject(&'a str),
    /// By the account at the Nextcloud.
    User(&'a str),
}

/// All of them, in the order in which they were given.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(data: &ProviderData) -> anyhow::Result<Vec<Stored>> {
    records(data).await?.iter().map(stored).collect()
}

/// Sets credentials aside, and ends all that the person granted and every sign-in, so that their clients have to sign in
/// again. How many were set aside. The running server takes them back at the Nextcloud.
///
/// # Errors
/// When the database fails; then nothing is changed.
pub async fn revoke(data: &ProviderData, whose: Whose<'_>, by: &str, clock: &Clock) -> anyhow::Result<usize> {
    let now = clock.now().unix_timestamp();
    let mut meant = Vec::new();
    for record in records(data).await? {
        let is_meant = match whose {
            Whose::Subject(subject) => record.subject == subject,
            Whose::User(uid) => stored(&record)?.uid == uid,
        };
        if is_meant && !record.subject.is_empty() && record.state != CredentialState::Discarded {
            meant.push(record);
        }
    }
    let unit = data.store.begin().await?;
    let mut done = 0;
    for record in meant {
        let (issuer, subject) = (record.issuer.as_str(), record.subject.as_str());
        // It may have been replaced since it was listed: then the new one is meant.
        let Some(current) = unit.find_credential(issuer, subject, record.kind).await? else {
            continue;
        };
        let discarded = CredentialRecord {
            state: CredentialState::Discarded,
            changed_at: now,
            ..current
        };
        unit.put_credential(&discarded).await?;
        unit.note_credential(subject, None).await?;
        unit.revoke_grants(subject, None, None, now).await?;
        nc_provider::end_sessions(unit.as_ref(), subject, now).await?;
        Audit::new(Event::Revoked)
            .with("what", "credential and all grants")
            .with("subject", subject)
            .with("by", by)
            .append(unit.as_ref(), now)
            .await?;
        done += 1;
    }
    unit.commit().await?;
    Ok(done)
}

/// Seals with the first key what another key sealed. How many.
///
/// # Errors
/// When the keys do not open what is stored.
pub async fn reseal(data: &ProviderData, clock: &Clock) -> anyhow::Result<u64> {
    let vault = Vault::open(data.store.clone(), data.sealer.clone(), clock.clone(), "").await?;
    Ok(vault.reseal().await?)
}

async fn records(data: &ProviderData) -> anyhow::Result<Vec<CredentialRecord>> {
    let mut records = Vec::new();
    let mut after = 0;
    loop {
        let page = data.store.list_credentials(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(records) };
        after = last.number;
        // What no issuer is good for is the value that tells a wrong key.
        records.extend(page.into_iter().filter(|record| !record.issuer.is_empty()));
    }
}

fn stored(record: &CredentialRecord) -> anyhow::Result<Stored> {
    let (profile, limit) = Vault::describe(record).context("a stored credential cannot be read")?;
    Ok(Stored {
        subject: record.subject.clone(),
        uid: profile.uid,
        kind: match record.kind {
            CredentialKind::AppPassword => "app_password",
            CredentialKind::Refresh => "refresh_token",
        },
        only_for: match limit {
            Grants::Unrestricted => None,
            Grants::Only(scopes) if scopes.is_empty() => Some("nothing".to_owned()),
            Grants::Only(scopes) => Some(scopes.to_string()),
        },
        state: record.state.word(),
        created_at: record.created_at,
        changed_at: record.changed_at,
    })
}
