//! What other servers tell about shares: `POST {endPoint}/notifications`.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use nc_proto::{
    apps::sharing::SharePermissions,
    ocm::{MESSAGE_MAX_BYTES, Notification, NotificationKind, PeerHost},
};
use nc_store::{InShareRecord, InShareState, Unit};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    opened::{Opened, secret_tag_place},
    refusal::Refusal,
};
use crate::{
    Ocm, OcmError,
    inbound::{Checked, Inbound, Need},
    provider,
};

/// Takes a notification. Those about shares from here go to the other part.
pub(crate) async fn receive(State(ocm): State<Ocm>, request: Request) -> Response {
    let inbound = match Inbound::read(&ocm, request, MESSAGE_MAX_BYTES).await {
        Ok(inbound) => inbound,
        Err(answer) => return answer,
    };
    let notification = match Notification::parse(&inbound.body) {
        Ok(notification) => notification,
        Err(fault) => return Refusal::from(fault).into_response(),
    };
    if !matches!(notification.resource_type.as_str(), "file" | "folder") {
        return Refusal::Unfit("this resourceType is not known here").into_response();
    }
    match is_about_ours(&ocm, &notification).await {
        Ok(true) => provider::notified(&ocm, &inbound, &notification).await,
        Ok(false) => match take(&ocm, &inbound, &notification).await {
            // As Nextcloud answers: an empty list.
            Ok(()) => (StatusCode::CREATED, Json(json!([]))).into_response(),
            Err(refusal) => refusal.into_response(),
        },
        Err(error) => Refusal::Failed(error).into_response(),
    }
}

/// Only the one who shared ends a share, and only the one who got it takes it or shares it on. A share that was shared on has
/// two ends, so its id decides.
async fn is_about_ours(ocm: &Ocm, notification: &Notification) -> Result<bool, OcmError> {
    match notification.kind {
        NotificationKind::ShareUnshared => Ok(false),
        NotificationKind::ShareAccepted | NotificationKind::ShareDeclined | NotificationKind::RequestReshare => {
            Ok(true)
        }
        NotificationKind::ReshareUndo | NotificationKind::ReshareChangePermission => {
            Ok(ocm.0.store.find_out_share(&notification.provider_id).await?.is_some())
        }
    }
}

/// About a share from another server.
async fn take(ocm: &Ocm, inbound: &Inbound, notification: &Notification) -> Result<(), Refusal> {
    let (host, plain_http) = sender(ocm, inbound, notification).await?;
    let checked = ocm.check_signature(inbound, &host, plain_http, Need::Usual).await?;
    if notification
        .sender_domain
        .as_ref()
        .is_some_and(|domain| *domain != host)
    {
        return Err(Refusal::Forbidden);
    }
    let unit = ocm.0.store.begin().await?;
    let shares = unit
        .list_in_shares_from(host.as_str(), &notification.provider_id)
        .await?;
    let mut meant = Vec::new();
    for record in shares {
        let share = Opened::of(record)?;
        if is_meant(ocm, &share, notification, checked) {
            meant.push(share);
        }
    }
    // The same answer for what is not there and for what belongs to somebody else.
    if meant.is_empty() {
        return Err(Refusal::Forbidden);
    }
    for share in &mut meant {
        apply(unit.as_ref(), share, notification).await?;
    }
    unit.commit().await?;
    for share in &meant {
        ocm.0.receiver.forget(&share.record.id);
    }
    Ok(())
}

/// The server that the message has to come from: the one that shared. Which of them is meant, a signature tells, or the message
/// itself; of one that says nothing, the secret.
async fn sender(ocm: &Ocm, inbound: &Inbound, notification: &Notification) -> Result<(PeerHost, bool), Refusal> {
    let claimed = ocm
        .claimed_signer(inbound)?
        .or_else(|| notification.sender_domain.clone());
    let records = match &claimed {
        Some(host) => {
            ocm.0
                .store
                .list_in_shares_from(host.as_str(), &notification.provider_id)
                .await?
        }
        None => ocm.0.store.list_in_shares_named(&notification.provider_id).await?,
    };
    let mut found = None;
    for record in records {
        let share = Opened::of(record)?;
        if claimed.is_some() || has_secret(ocm, &share, notification.shared_secret.as_ref()) {
            found = Some((share.host()?, share.document.plain_http));
            break;
        }
    }
    found.ok_or(Refusal::Forbidden)
}

/// Whether a message with a good sender is about this share. A secret that is there has to be right; one that is missing is
/// made up for by a signature only.
fn is_meant(ocm: &Ocm, share: &Opened, notification: &Notification, checked: Checked) -> bool {
    match &notification.shared_secret {
        None => checked != Checked::Unsigned,
        secret => has_secret(ocm, share, secret.as_ref()),
    }
}

/// By the tag, which stays when the secret is gone: so a repeated message is known to be one.
fn has_secret(ocm: &Ocm, share: &Opened, secret: Option<&SecretString>) -> bool {
    let (Some(secret), Ok(tag)) = (secret, hex::decode(&share.document.secret_tag)) else {
        return false;
    };
    let place = secret_tag_place(&share.record.id);
    ocm.0
        .sealer
        .check_tag(&place, secret.expose_secret().as_bytes(), &tag)
        .is_ok()
}

async fn apply(unit: &dyn Unit, share: &mut Opened, notification: &Notification) -> Result<(), OcmError> {
    let is_over = matches!(share.record.state, InShareState::Dead | InShareState::Declined);
    match (notification.kind, notification.permissions) {
        _ if is_over => return Ok(()),
        (NotificationKind::ReshareChangePermission, Some(permissions)) => change(share, permissions),
        (NotificationKind::ShareUnshared | NotificationKind::ReshareUndo, _) => {
            share.forget_credentials();
            share.record.state = InShareState::Dead;
        }
        _ => return Ok(()),
    }
    let record: InShareRecord = share.to_record()?;
    unit.update_in_share(&record).await?;
    Ok(())
}

fn change(share: &mut Opened, permissions: SharePermissions) {
    share.document.permissions = Some(permissions);
}
