use nc_auth::{
    UserId,
    federation::{FederationError, OutShare, OutShareChange, OutShareFilter},
};
use nc_proto::{apps::sharing::SharePermissions, ocm::NotificationKind};
use nc_store::{OutShareRecord, OutShareState, Unit};

use super::{
    document::{OutDocument, shown},
    queue, revoke,
};
use crate::{Ocm, OcmError};

/// Live shares with others.
pub(crate) async fn outgoing(ocm: &Ocm, filter: &OutShareFilter) -> Result<Vec<OutShare>, FederationError> {
    let store = &ocm.0.store;
    let found = match filter {
        OutShareFilter::Number(number) => {
            let found = store.find_out_share_by_number(*number).await;
            found.map(|found| found.into_iter().collect())
        }
        OutShareFilter::Sharer(sharer) => store.list_out_shares(sharer.as_str()).await,
        OutShareFilter::Node(node) => store.list_out_shares_of_node(*node).await,
    };
    let found: Vec<OutShareRecord> = found.map_err(OcmError::from)?;
    let now = ocm.now();
    let live = found.into_iter().filter(|record| is_live(record, now));
    let shares = live.map(|record| Ok(shown(&record, OutDocument::of(&record)?)));
    Ok(shares.collect::<Result<_, OcmError>>()?)
}

/// Changes a share. The next request is judged by what it is then: tokens stay good, and allow what the share allows.
pub(crate) async fn change(ocm: &Ocm, number: i64, change: OutShareChange) -> Result<OutShare, FederationError> {
    let now = ocm.now();
    let most = most(ocm, number).await?;
    let unit = ocm.0.store.begin().await.map_err(OcmError::from)?;
    let found = unit.find_out_share_by_number(number).await.map_err(OcmError::from)?;
    let mut record = found
        .filter(|record| is_live(record, now))
        .ok_or(FederationError::NotFound)?;
    let mut document = OutDocument::of(&record)?;
    if let Some(permissions) = change.permissions {
        let permissions = permissions.limited_to(most);
        if !permissions.allows(SharePermissions::READ) {
            let text = "a share with another server has to allow reading; delete it to end it";
            return Err(FederationError::Refused(text.to_owned()));
        }
        document.permissions = permissions;
        if document.parent.is_some() {
            document.most = Some(permissions);
        }
        limit_made_of(ocm, &*unit, &record, permissions).await?;
        if document.hears_changes {
            queue::tell(
                ocm,
                &*unit,
                &record,
                &document,
                NotificationKind::ReshareChangePermission,
            )
            .await?;
        }
    }
    if let Some(expires_at) = change.expires_at {
        if expires_at.is_some_and(|end| end <= now) {
            return Err(FederationError::Refused("the share would end in the past".to_owned()));
        }
        record.expires_at = expires_at;
    }
    if let Some(note) = change.note {
        document.note = note;
    }
    record.document = document.to_text()?;
    unit.update_out_share(&record).await.map_err(OcmError::from)?;
    unit.commit().await.map_err(OcmError::from)?;
    Ok(shown(&record, document))
}

/// What a share can allow at most: files know nothing of adding and deleting.
async fn most(ocm: &Ocm, number: i64) -> Result<SharePermissions, OcmError> {
    let Some(record) = ocm.0.store.find_out_share_by_number(number).await? else {
        return Ok(SharePermissions::ALL);
    };
    let reached = ocm.0.residents.reach(&UserId::new(record.owner), record.node).await?;
    Ok(match reached {
        Some(reached) if !reached.is_folder => SharePermissions::ALL_OF_A_FILE,
        _ => SharePermissions::ALL,
    })
}

/// What was made of a share by sharing it on never allows more than it does.
pub(super) async fn limit_made_of(
    ocm: &Ocm,
    unit: &dyn Unit,
    record: &OutShareRecord,
    most: SharePermissions,
) -> Result<(), OcmError> {
    for mut made in revoke::made_of(unit, record).await? {
        let mut document = OutDocument::of(&made)?;
        if most.allows(document.permissions) {
            continue;
        }
        document.permissions = document.permissions.limited_to(most);
        made.document = document.to_text()?;
        unit.update_out_share(&made).await?;
        if document.hears_changes {
            queue::tell(ocm, unit, &made, &document, NotificationKind::ReshareChangePermission).await?;
        }
    }
    Ok(())
}

/// Whether a share has neither ended nor lost its owner. What the owner reaches is not asked: that is for those who open it.
pub(crate) async fn is_share_live(ocm: &Ocm, id: &str) -> Result<bool, FederationError> {
    let record = ocm.0.store.find_out_share(id).await.map_err(OcmError::from)?;
    let Some(record) = record.filter(|record| is_live(record, ocm.now())) else {
        return Ok(false);
    };
    let owner = ocm.0.residents.person(&record.owner).await.map_err(OcmError::from)?;
    Ok(owner.is_some())
}

pub(super) fn is_live(record: &OutShareRecord, now: i64) -> bool {
    record.state == OutShareState::Live && record.expires_at.is_none_or(|end| end > now)
}
