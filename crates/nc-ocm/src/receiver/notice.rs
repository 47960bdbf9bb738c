//! What the server that shared is told.

use nc_proto::ocm::{Notification, NotificationKind};
use nc_store::Unit;
use zeroize::Zeroizing;

use super::opened::Opened;
use crate::{
    Ocm, OcmError,
    outbox::{MessageKind, Outgoing},
};

/// Queues a notification in the unit that makes what it tells. With the secret, by which Nextcloud finds the share.
pub(super) async fn queue(
    ocm: &Ocm,
    unit: &dyn Unit,
    share: &Opened,
    kind: NotificationKind,
    message: &str,
) -> Result<(), OcmError> {
    let secret = share.secret(ocm)?;
    let mut notification = Notification::new(kind, &share.record.provider_id, secret, message);
    notification.resource_type.clone_from(&share.document.resource);
    let body = Zeroizing::new(notification.to_value().to_string());
    let outgoing = Outgoing {
        host: &share.host()?,
        plain_http: share.document.plain_http,
        kind: MessageKind::Notification,
        share: None,
        body: body.as_bytes(),
        first_at: ocm.now(),
    };
    ocm.queue(unit, &outgoing).await?;
    Ok(())
}
