//! What the other server says about a share that it got from here.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use nc_auth::{UserId, federation::FederationError};
use nc_proto::{
    apps::sharing::SharePermissions,
    ocm::{ErrorBody, Notification, NotificationKind, OcmAddress, PeerHost, ReshareAnswer},
};
use nc_store::OutShareRecord;
use serde_json::json;

use super::{
    document::{OutDocument, Receiver},
    list::{is_live, limit_made_of},
    offer::{NewShare, Parent, offer},
    revoke::{self, Tell},
    secret,
};
use crate::{
    Ocm, OcmError,
    inbound::{Checked, Failure, Inbound, Need, answer},
};

/// Takes a notification about a share from here: who sends it is checked, and what is said is done. Said again, nothing
/// changes.
pub(crate) async fn notified(ocm: &Ocm, inbound: &Inbound, notification: &Notification) -> Response {
    match take(ocm, inbound, notification).await {
        Ok(response) => response,
        Err(failure) => failure.into_answer("a notification cannot be taken", "the notification cannot be taken now"),
    }
}

async fn take(ocm: &Ocm, inbound: &Inbound, notification: &Notification) -> Result<Response, Failure> {
    let found = ocm.0.store.find_out_share(&notification.provider_id).await?;
    let Some(share) = found else {
        return Err(unknown());
    };
    let document = OutDocument::of(&share)?;
    check(ocm, inbound, notification, &share, &document).await?;
    match notification.kind {
        NotificationKind::ShareAccepted => accepted(ocm, &share).await?,
        NotificationKind::ShareDeclined => revoke::end(ocm, &share.id, Tell::No).await?,
        NotificationKind::RequestReshare => return reshare(ocm, notification, share, document).await,
        NotificationKind::ReshareUndo => undo(ocm, &share, &document).await?,
        NotificationKind::ReshareChangePermission => change(ocm, notification, &share, &document).await?,
        NotificationKind::ShareUnshared => return Err(unknown()),
    }
    Ok((StatusCode::CREATED, Json(json!([]))).into_response())
}

/// It has to come from the server that the share is for, or of one that was shared on, from the server that did so; and the
/// secret, if there is one in it, has to be the share's.
async fn check(
    ocm: &Ocm,
    inbound: &Inbound,
    notification: &Notification,
    share: &OutShareRecord,
    document: &OutDocument,
) -> Result<(), Failure> {
    let (host, plain_http) = match signer(ocm, notification, document).await? {
        Some(parent) => {
            let plain_http = OutDocument::of(&parent)?.plain_http;
            (parent.recipient_host, plain_http)
        }
        None => (share.recipient_host.clone(), document.plain_http),
    };
    let host = PeerHost::parse(&host).map_err(|_| OcmError::Damaged("share"))?;
    let checked = ocm.check_signature(inbound, &host, plain_http, Need::Usual).await?;
    let is_elsewhere = notification
        .sender_domain
        .as_ref()
        .is_some_and(|domain| *domain != host);
    let has_secret = match &notification.shared_secret {
        // A share that ended has none any more: its server may say again that it is over.
        Some(secret) => secret::is_of(ocm, share, secret) || !is_live(share, ocm.now()) && checked != Checked::Unsigned,
        None => checked != Checked::Unsigned,
    };
    if is_elsewhere || !has_secret {
        return Err(Failure::told(StatusCode::FORBIDDEN, "RESOURCE_NOT_FOUND"));
    }
    Ok(())
}

/// The share that was shared on, where its server is the one to speak: about undoing and changing what was made of it.
async fn signer(
    ocm: &Ocm,
    notification: &Notification,
    document: &OutDocument,
) -> Result<Option<OutShareRecord>, Failure> {
    let is_of_sharer = matches!(
        notification.kind,
        NotificationKind::ReshareUndo | NotificationKind::ReshareChangePermission
    );
    if !is_of_sharer {
        return Ok(None);
    }
    let parent = document.parent.as_deref().ok_or_else(unknown)?;
    let parent = ocm.0.store.find_out_share(parent).await?;
    Ok(Some(parent.ok_or_else(unknown)?))
}

async fn accepted(ocm: &Ocm, share: &OutShareRecord) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    let found = unit.find_out_share(&share.id).await?;
    let Some(mut record) = found.filter(|record| is_live(record, ocm.now())) else {
        return Ok(());
    };
    let mut document = OutDocument::of(&record)?;
    if document.accepted != Some(true) {
        document.accepted = Some(true);
        record.document = document.to_text()?;
        unit.update_out_share(&record).await?;
    }
    Ok(unit.commit().await?)
}

/// The one who got a share shares it on: the new share is made here, for whom they name, and they are told its secret.
async fn reshare(
    ocm: &Ocm,
    notification: &Notification,
    share: OutShareRecord,
    document: OutDocument,
) -> Result<Response, Failure> {
    let now = ocm.now();
    let may_share = document.permissions.allows(SharePermissions::SHARE);
    if !is_live(&share, now) || !may_share {
        return Ok(answer(StatusCode::FORBIDDEN, "this share may not be shared on"));
    }
    let by = OcmAddress {
        plain_http: document.plain_http,
        ..OcmAddress::parse(&document.share_with).map_err(|_| OcmError::Damaged("share"))?
    };
    let to = notification.share_with.as_deref().map(OcmAddress::parse);
    let (Some(Ok(to)), Some(remote_id)) = (to, notification.sender_id.clone()) else {
        return Ok(invalid("shareWith"));
    };
    let receiver = match notification.share_type.as_deref() {
        None | Some("user") => Receiver::User,
        Some("group") => Receiver::Group,
        Some(_) => return Ok(invalid("shareType")),
    };
    if let Some(again) = made_before(ocm, &share, &to, receiver, &remote_id).await? {
        return Ok(again);
    }
    // Each makes this server speak with a third one.
    if let Err(retry_after_s) = ocm.count_share(&by.host) {
        return Ok(crate::inbound::too_many(retry_after_s));
    }
    let new = NewShare {
        sharer: UserId::new(share.owner.as_str()),
        node: share.node,
        receiver,
        to,
        permissions: document.permissions,
        expires_at: share.expires_at,
        note: String::new(),
        parent: Some(Parent {
            share: share.id,
            by,
            remote_id,
        }),
    };
    Ok(match offer(ocm, new).await {
        Ok(offered) => answer_reshare(offered.secret, offered.record.id),
        Err(FederationError::Unavailable { .. }) => {
            answer(StatusCode::BAD_GATEWAY, "the third server cannot be reached")
        }
        Err(FederationError::Failed(_)) => answer(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be shared on now"),
        Err(FederationError::Refused(_) | FederationError::NotFound) => {
            answer(StatusCode::BAD_REQUEST, "this cannot be shared on with them")
        }
    })
}

/// The answer to a request that was answered before.
async fn made_before(
    ocm: &Ocm,
    share: &OutShareRecord,
    to: &OcmAddress,
    receiver: Receiver,
    remote_id: &str,
) -> Result<Option<Response>, OcmError> {
    let unit = ocm.0.store.begin().await?;
    for made in revoke::made_of(&*unit, share).await? {
        let document = OutDocument::of(&made)?;
        let is_same = document.parent.as_deref() == Some(share.id.as_str())
            && (document.share_with, document.receiver) == (to.to_string(), receiver);
        if !is_same {
            continue;
        }
        let known = unit
            .find_reshare(&made.id)
            .await?
            .filter(|known| known.remote_id == remote_id);
        let Some(sealed) = known.and_then(|known| known.secret_sealed) else {
            continue;
        };
        let secret = secret::open_reshare(ocm, &made.id, &sealed)?;
        return Ok(Some(answer_reshare(secret, made.id)));
    }
    Ok(None)
}

fn answer_reshare(token: secrecy::SecretString, provider_id: String) -> Response {
    let answer = ReshareAnswer { token, provider_id };
    (StatusCode::CREATED, Json(answer.to_value())).into_response()
}

async fn undo(ocm: &Ocm, share: &OutShareRecord, document: &OutDocument) -> Result<(), Failure> {
    if document.parent.is_none() {
        return Err(unknown());
    }
    Ok(revoke::end(ocm, &share.id, Tell::Yes).await?)
}

/// The one who shared on allows less, or again as much as they have themselves.
async fn change(
    ocm: &Ocm,
    notification: &Notification,
    share: &OutShareRecord,
    document: &OutDocument,
) -> Result<(), Failure> {
    let (Some(permissions), Some(parent)) = (notification.permissions, document.parent.as_deref()) else {
        return Err(unknown());
    };
    let unit = ocm.0.store.begin().await?;
    let (parent, found) = (
        unit.find_out_share(parent).await?,
        unit.find_out_share(&share.id).await?,
    );
    let now = ocm.now();
    let (Some(parent), Some(mut record)) = (parent, found.filter(|record| is_live(record, now))) else {
        return Err(unknown());
    };
    let mut document = OutDocument::of(&record)?;
    let most = document.most.unwrap_or(SharePermissions::ALL);
    document.permissions = permissions
        .limited_to(OutDocument::of(&parent)?.permissions)
        .limited_to(most);
    record.document = document.to_text()?;
    unit.update_out_share(&record).await?;
    limit_made_of(ocm, &*unit, &record, document.permissions).await?;
    Ok(unit.commit().await?)
}

/// As Nextcloud answers.
fn unknown() -> Failure {
    Failure::told(StatusCode::BAD_REQUEST, "there is no share with this id")
}

fn invalid(field: &str) -> Response {
    let body = ErrorBody::of_field(format!("{field} is not valid"), field, "INVALID");
    (StatusCode::BAD_REQUEST, Json(body.to_value())).into_response()
}
