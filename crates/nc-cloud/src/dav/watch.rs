//! Transfers that take long end soon after the share does that allows them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, HttpBody};
use futures_util::{StreamExt, stream};
use nc_auth::federation::{ShareAuth, SharePrincipal};
use nc_proto::apps::sharing::SharePermissions;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is asked again. A transfer ends at most so long, and the time of one question, after its share.
const EVERY: Duration = Duration::from_secs(15);

/// Asks again and again whether a credential that was good still is.
#[derive(Clone)]
pub(super) struct Watch {
    auth: Arc<dyn ShareAuth>,
    principal: SharePrincipal,
    has_ended: Arc<AtomicBool>,
}

impl Watch {
    pub(super) fn new(auth: Arc<dyn ShareAuth>, principal: SharePrincipal) -> Self {
        Self {
            auth,
            principal,
            has_ended: Arc::default(),
        }
    }

    /// Whether a transfer was cut.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// A body that is sent. What is made already is sent at once, and not looked at again.
    pub(super) fn outgoing(&self, body: Body) -> Body {
        if body.size_hint().exact().is_some() {
            return body;
        }
        self.cut(body, SharePermissions::READ, false)
    }

    /// A body that comes in. It is whole only if the credential is still good at its end, and allows as much writing as at its
    /// beginning: what came too late is not kept.
    pub(super) fn incoming(&self, body: Body) -> Body {
        let writing = SharePermissions::CREATE.with(SharePermissions::UPDATE);
        self.cut(body, self.principal.permissions.limited_to(writing), true)
    }

    fn cut(&self, body: Body, needs: SharePermissions, also_at_end: bool) -> Body {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick would be at once, and the credential was judged just now.
        ticks.reset();
        let transfer = (body.into_data_stream(), ticks, self.clone());
        let pieces = stream::unfold(Some(transfer), move |transfer| async move {
            let (mut pieces, mut ticks, watch) = transfer?;
            loop {
                tokio::select! {
                    biased;
                    _ = ticks.tick() => if !watch.is_good(needs).await {
                        return Some((Err(ended()), None));
                    },
                    piece = pieces.next() => return match piece {
                        Some(Ok(piece)) => Some((Ok(piece), Some((pieces, ticks, watch)))),
                        Some(Err(error)) => Some((Err(io::Error::other(error)), None)),
                        None if also_at_end && !watch.is_good(needs).await => Some((Err(ended()), None)),
                        None => None,
                    },
                }
            }
        });
        Body::from_stream(pieces)
    }

    async fn is_good(&self, needs: SharePermissions) -> bool {
        let is_good = self.auth.is_still_good(&self.principal, needs).await;
        if !is_good {
            self.has_ended.store(true, Ordering::Release);
        }
        is_good
    }
}

fn ended() -> io::Error {
    io::Error::other("the share has ended")
}
