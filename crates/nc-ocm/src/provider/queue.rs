//! Messages about shares to other servers, kept until they arrive.

use nc_proto::ocm::{Notification, NotificationKind, PeerHost};
use nc_store::{OutShareRecord, Unit};
use zeroize::Zeroizing;

use super::{document::OutDocument, secret};
use crate::{
    Ocm, OcmError,
    outbox::{MessageKind, Outgoing, call_next},
};

/// How long the first attempt to deliver an offer may take, seconds.
const UNDER_WAY_S: i64 = 60;

/// Tells the other server about a share. With its secret where the other server finds the share by it.
pub(super) async fn tell(
    ocm: &Ocm,
    unit: &dyn Unit,
    record: &OutShareRecord,
    document: &OutDocument,
    kind: NotificationKind,
) -> Result<(), OcmError> {
    let host = PeerHost::parse(&record.recipient_host).map_err(|_| OcmError::Damaged("share"))?;
    let is_change = kind == NotificationKind::ReshareChangePermission;
    let message = if is_change {
        "the share allows something else"
    } else {
        "the share has ended"
    };
    let mut notification = Notification::new(kind, &record.id, secret::open(ocm, record)?, message);
    notification.resource_type.clone_from(&document.resource_type);
    notification.permissions = is_change.then_some(document.permissions);
    let body = Zeroizing::new(notification.to_value().to_string());
    let message = Outgoing {
        host: &host,
        plain_http: document.plain_http,
        kind: MessageKind::Notification,
        share: None,
        body: body.as_bytes(),
        first_at: ocm.now(),
    };
    ocm.queue(unit, &message).await.map(drop)
}

/// Keeps the offer of a share that is about to be sent: should this process end before it knows what came of that, the offer is
/// sent again. Its number.
pub(super) async fn share(
    ocm: &Ocm,
    unit: &dyn Unit,
    record: &OutShareRecord,
    plain_http: bool,
    body: &[u8],
) -> Result<i64, OcmError> {
    let host = PeerHost::parse(&record.recipient_host).map_err(|_| OcmError::Damaged("share"))?;
    let message = Outgoing {
        host: &host,
        plain_http,
        kind: MessageKind::Share,
        share: Some(&record.id),
        body,
        first_at: ocm.now().saturating_add(UNDER_WAY_S),
    };
    ocm.queue(unit, &message).await
}

/// Forgets an offer that arrived. What waited behind it is sent now.
pub(super) async fn arrived(ocm: &Ocm, number: i64, host: &PeerHost) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    unit.delete_message(number).await?;
    call_next(&*unit, host.as_str(), ocm.now()).await?;
    unit.commit().await?;
    ocm.0.outbox.notify_one();
    Ok(())
}
