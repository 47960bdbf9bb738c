//! The end of a share. What opens it ends in one transaction; the other server is told after that.

use std::collections::VecDeque;

use nc_auth::{UserId, federation::FederationError};
use nc_proto::ocm::NotificationKind;
use nc_store::{OutShareRecord, OutShareState, Store, Unit};

use super::{document::OutDocument, queue};
use crate::{Ocm, OcmError};

/// Shares that are ended in one transaction.
const AT_ONCE: u32 = 100;

/// Ends a share of somebody here.
pub(crate) async fn revoke(ocm: &Ocm, number: i64) -> Result<(), FederationError> {
    let unit = ocm.0.store.begin().await.map_err(OcmError::from)?;
    let found = unit.find_out_share_by_number(number).await.map_err(OcmError::from)?;
    let found = found.filter(|record| record.state == OutShareState::Live);
    end_in(ocm, &*unit, found.ok_or(FederationError::NotFound)?, Tell::Yes).await?;
    Ok(unit.commit().await.map_err(OcmError::from)?)
}

/// Ends every share of a file or folder that is gone for good.
pub(crate) async fn node_deleted(ocm: &Ocm, node: i64) -> Result<(), FederationError> {
    if ocm
        .0
        .store
        .list_out_shares_of_node(node)
        .await
        .map_err(OcmError::from)?
        .is_empty()
    {
        return Ok(());
    }
    let unit = ocm.0.store.begin().await.map_err(OcmError::from)?;
    for record in unit.list_out_shares_of_node(node).await.map_err(OcmError::from)? {
        end_in(ocm, &*unit, record, Tell::Yes).await?;
    }
    Ok(unit.commit().await.map_err(OcmError::from)?)
}

/// Ends the shares whose time is over. How many.
pub(crate) async fn end_expired(ocm: &Ocm) -> Result<u64, OcmError> {
    let mut ended = 0;
    loop {
        let unit = ocm.0.store.begin().await?;
        let over = unit.list_ended_out_shares(ocm.now(), AT_ONCE).await?;
        if over.is_empty() {
            return Ok(ended);
        }
        for record in over {
            end_in(ocm, &*unit, record, Tell::Yes).await?;
            ended += 1;
        }
        unit.commit().await?;
    }
}

/// Whether the other server is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    Yes,
    /// It knows.
    No,
}

/// Ends a share, if it is live still, and what was shared on of it.
pub(super) async fn end(ocm: &Ocm, id: &str, tell: Tell) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    if let Some(record) = unit.find_out_share(id).await? {
        end_in(ocm, &*unit, record, tell).await?;
    }
    Ok(unit.commit().await?)
}

/// The same in a transaction that the caller commits.
pub(super) async fn end_in(ocm: &Ocm, unit: &dyn Unit, record: OutShareRecord, tell: Tell) -> Result<(), OcmError> {
    for made_of_it in made_of(unit, &record).await? {
        end_one(ocm, unit, made_of_it, Tell::Yes).await?;
    }
    end_one(ocm, unit, record, tell).await
}

/// Ends a share that the other server never got, in a transaction that the caller commits.
pub(crate) async fn end_undelivered(ocm: &Ocm, unit: &dyn Unit, id: &str) -> Result<(), OcmError> {
    match unit.find_out_share(id).await? {
        Some(record) => end_in(ocm, unit, record, Tell::No).await,
        None => Ok(()),
    }
}

/// What was made of a share by sharing it on, again and again.
pub(super) async fn made_of(unit: &dyn Unit, record: &OutShareRecord) -> Result<Vec<OutShareRecord>, OcmError> {
    let siblings = unit.list_out_shares_of_node(record.node).await?;
    let mut made: Vec<OutShareRecord> = Vec::new();
    let mut parents = VecDeque::from([record.id.clone()]);
    while let Some(parent) = parents.pop_front() {
        for sibling in &siblings {
            if OutDocument::of(sibling)?.parent.as_deref() == Some(parent.as_str()) {
                parents.push_back(sibling.id.clone());
                made.push(sibling.clone());
            }
        }
    }
    Ok(made)
}

async fn end_one(ocm: &Ocm, unit: &dyn Unit, mut record: OutShareRecord, tell: Tell) -> Result<(), OcmError> {
    if record.state != OutShareState::Live {
        return Ok(());
    }
    let now = ocm.now();
    let document = OutDocument::of(&record)?;
    if tell == Tell::Yes {
        queue::tell(ocm, unit, &record, &document, NotificationKind::ShareUnshared).await?;
    }
    record.state = OutShareState::Revoked;
    record.generation += 1;
    record.secret = None;
    record.secret_sealed = None;
    record.revoked_at = Some(now);
    unit.update_out_share(&record).await?;
    unit.revoke_issued_tokens(&record.id, now).await?;
    if let Some(mut reshare) = unit.find_reshare(&record.id).await? {
        reshare.secret_sealed = None;
        unit.put_reshare(&reshare).await?;
    }
    Ok(())
}

/// Takes back the tokens of everything that somebody shares who is shut out, all at once; how many shares had any. The shares
/// themselves wait: they may be opened again when the owner is back.
///
/// # Errors
/// Those of the database; then nothing was taken back.
pub async fn take_back_tokens(store: &dyn Store, owner: &UserId, now: i64) -> Result<usize, OcmError> {
    let unit = store.begin().await?;
    let mut count = 0;
    for mut record in unit.list_out_shares(owner.as_str()).await? {
        if unit.revoke_issued_tokens(&record.id, now).await? > 0 {
            record.generation += 1;
            unit.update_out_share(&record).await?;
            count += 1;
        }
    }
    unit.commit().await?;
    Ok(count)
}

/// Takes back the tokens of a share whose owner is shut out. The share itself waits: it may be opened again when the owner is
/// back.
pub(super) async fn suspend_if_shut_out(ocm: &Ocm, record: &OutShareRecord, owner: &UserId) -> Result<(), OcmError> {
    let now = ocm.now();
    let has_tokens = !ocm.0.store.list_live_tokens(&record.id, now).await?.is_empty();
    if !has_tokens || ocm.0.residents.person(owner.as_str()).await?.is_some() {
        return Ok(());
    }
    let unit = ocm.0.store.begin().await?;
    if let Some(mut record) = unit.find_out_share(&record.id).await?
        && unit.revoke_issued_tokens(&record.id, now).await? > 0
    {
        record.generation += 1;
        unit.update_out_share(&record).await?;
    }
    Ok(unit.commit().await?)
}
