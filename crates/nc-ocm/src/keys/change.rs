//! What an operator does with keys.

use nc_store::{AuditRecord, KeyRecord, KeyState, Unit};
use serde_json::json;

use super::{
    KeyKind, Keys,
    make::{self, Made},
    plan::{self, Plan, Step},
};
use crate::OcmError;

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySlot {
    /// Published, so that others know it before it signs.
    Pending,
    /// It signs.
    Active,
    /// It signs no more; what it signed is still good.
    Retiring,
}

impl KeySlot {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }
}

/// What there is to say about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name.
    pub kid: String,
    /// What it is for.
    pub kind: KeyKind,
    /// Where it is in its life.
    pub slot: KeySlot,
    /// Since when, Unix seconds.
    pub since: i64,
    /// From when on the next step may be taken; `None`: there is none.
    pub next_at: Option<i64>,
}

/// What came of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// The keys that were staged, activated or removed.
    pub done: Vec<String>,
    /// Keys that have to wait, and until when.
    pub waiting: Vec<(String, i64)>,
}

impl Keys {
    /// All keys of this server, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<KeyInfo>, OcmError> {
        let records = self.own(self.store.list_federation_keys().await?);
        let info = |record: KeyRecord| {
            let kind = KeyKind::from_algorithm(&record.algorithm).ok_or(OcmError::Damaged("key"))?;
            let (slot, next_at) = match record.state {
                KeyState::Next => (KeySlot::Pending, Some(plan::activates_at(&record))),
                KeyState::Active => (KeySlot::Active, None),
                KeyState::Retired => (KeySlot::Retiring, Some(plan::removes_at(&record, self.token_ttl_s()))),
            };
            Ok(KeyInfo {
                kind,
                slot,
                since: record.changed_at,
                next_at,
                kid: record.kid,
            })
        };
        records.into_iter().map(info).collect()
    }

    /// Publishes a new key of each kind that has none pending.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stage(&self) -> Result<KeyChange, OcmError> {
        let mut made = Vec::new();
        for kind in plan::to_stage(&self.own(self.store.list_federation_keys().await?)) {
            made.push(Made::new(kind).await?);
        }
        let now = self.now();
        let unit = self.store.begin().await?;
        let records = self.own(unit.list_federation_keys().await?);
        let lacking = plan::to_stage(&records);
        let mut change = KeyChange::default();
        for key in made.into_iter().filter(|key| lacking.contains(&key.kind())) {
            let kid = self.names.next(key.kind(), &records);
            let record = key.record(kid, KeyState::Next, now, &self.sealer, &self.random)?;
            unit.put_federation_key(&record).await?;
            note(&*unit, &record.kid, "staged", now).await?;
            change.done.push(record.kid);
        }
        unit.commit().await?;
        self.reload().await?;
        Ok(change)
    }

    /// Lets pending keys sign, and retires those that did. A key that not everybody knows yet waits, unless `forced`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn activate(&self, forced: bool) -> Result<KeyChange, OcmError> {
        self.take(|records, now| plan::to_activate(records, now, forced)).await
    }

    /// Removes retiring keys. One whose signatures may still be good waits, unless `forced`: tokens that it signed are refused
    /// from then on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn retire(&self, forced: bool) -> Result<KeyChange, OcmError> {
        let ttl = self.token_ttl_s();
        self.take(|records, now| plan::to_remove(records, now, ttl, forced))
            .await
    }

    async fn take(&self, plan: impl Fn(&[KeyRecord], i64) -> Plan + Send) -> Result<KeyChange, OcmError> {
        let now = self.now();
        let unit = self.store.begin().await?;
        let records = self.own(unit.list_federation_keys().await?);
        let Plan { steps, waiting } = plan(&records, now);
        let mut change = KeyChange {
            done: Vec::new(),
            waiting,
        };
        for step in steps {
            let (kid, state, what) = match step {
                Step::Activate(kid) => (kid, Some(KeyState::Active), "activated"),
                Step::Retire(kid) => (kid, Some(KeyState::Retired), "retired"),
                Step::Remove(kid) => (kid, None, "removed"),
            };
            let record = records.iter().find(|record| record.kid == kid);
            match (state, record) {
                (Some(state), Some(record)) => {
                    let mut record = record.clone();
                    (record.state, record.changed_at) = (state, now);
                    unit.put_federation_key(&record).await?;
                }
                _ => {
                    unit.delete_federation_key(&kid).await?;
                }
            }
            note(&*unit, &kid, what, now).await?;
            if state != Some(KeyState::Retired) {
                change.done.push(kid);
            }
        }
        unit.commit().await?;
        self.reload().await?;
        Ok(change)
    }

    /// Seals with the first key what a former one sealed.
    pub(super) async fn seal_again(&self) -> Result<(), OcmError> {
        let is_outdated = |record: &KeyRecord| self.sealer.is_outdated(&record.sealed);
        if !self.store.list_federation_keys().await?.iter().any(is_outdated) {
            return Ok(());
        }
        let unit = self.store.begin().await?;
        for mut record in unit.list_federation_keys().await? {
            if make::seal_again(&mut record, &self.sealer, &self.random)? {
                unit.put_federation_key(&record).await?;
            }
        }
        Ok(unit.commit().await?)
    }

    fn own(&self, mut records: Vec<KeyRecord>) -> Vec<KeyRecord> {
        records.retain(|record| self.names.are_of(record));
        records
    }

    fn token_ttl_s(&self) -> i64 {
        i64::try_from(self.token_ttl.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Writes down what happened to a key.
pub(super) async fn note(unit: &dyn Unit, kid: &str, what: &str, now: i64) -> Result<(), OcmError> {
    let entry = AuditRecord {
        at: now,
        event: "federation_key.changed".to_owned(),
        document: json!({ "kid": kid, "what": what }).to_string(),
    };
    Ok(unit.append_audit(&entry).await?)
}
