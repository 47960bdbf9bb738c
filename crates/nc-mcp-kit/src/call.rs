use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use nc_auth::Caller;
use rmcp::{
    RoleServer,
    model::{InputResponses, ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};
use tokio_util::sync::CancellationToken;

/// What a tool is given beside its arguments.
#[derive(Clone)]
pub struct Call {
    /// Who calls. There is no other identity.
    pub caller: Caller,
    /// Reports how far the work is.
    pub progress: Progress,
    /// Cancelled when nobody waits for the answer any more.
    pub cancelled: CancellationToken,
    /// The protocol's own context; absent for calls from the command line.
    pub context: Option<RequestContext<RoleServer>>,
    /// Answers to a former `input_required` result.
    pub input_responses: Option<InputResponses>,
    /// State that a former `input_required` result handed out; attacker's input until verified.
    pub request_state: Option<String>,
}

impl Call {
    /// A call that does not come over the protocol.
    pub fn local(caller: Caller) -> Self {
        Self {
            caller,
            progress: Progress::silent(),
            cancelled: CancellationToken::new(),
            context: None,
            input_responses: None,
            request_state: None,
        }
    }
}

/// Progress notifications of one call: strictly increasing, none when the client did not ask.
#[derive(Clone)]
pub struct Progress(Option<Arc<Inner>>);

struct Inner {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    /// One more than the last value sent, so that a first report of nothing done is one too.
    next: AtomicU64,
}

impl Progress {
    /// Reports nothing.
    pub const fn silent() -> Self {
        Self(None)
    }

    pub(crate) fn to(peer: Peer<RoleServer>, token: Option<ProgressToken>) -> Self {
        Self(token.map(|token| {
            Arc::new(Inner {
                peer,
                token,
                next: AtomicU64::new(0),
            })
        }))
    }

    /// Whether somebody listens.
    pub const fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Says that `done` of `total` units are done. Values that do not increase are not sent.
    pub async fn report(&self, done: u64, total: Option<u64>, message: &str) {
        let Some(inner) = &self.0 else { return };
        if inner.next.fetch_max(done.saturating_add(1), Ordering::AcqRel) > done {
            return;
        }
        // The protocol's unit is a float; 2^52 units are never reached.
        #[expect(clippy::cast_precision_loss, reason = "progress is approximate")]
        let mut note = ProgressNotificationParam::new(inner.token.clone(), done as f64).with_message(message);
        if let Some(total) = total {
            #[expect(clippy::cast_precision_loss, reason = "progress is approximate")]
            let total = total as f64;
            note = note.with_total(total);
        }
        if let Err(error) = inner.peer.notify_progress(note).await {
            tracing::debug!(%error, "progress not delivered");
        }
    }
}
