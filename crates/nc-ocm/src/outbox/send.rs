//! Sending what is due. Several processes may do so: who claims a message in a unit sends it, and nobody else does meanwhile.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use nc_proto::ocm::PeerHost;
use nc_store::{OutShareState, OutboxRecord, Unit};
use secrecy::ExposeSecret as _;

use super::{LONGEST_WAIT_S, MessageKind, Verdict, payload::Payload};
use crate::{
    Ocm, OcmError,
    net::{Freshness, NetError, PeerFault},
    provider,
};

/// Most messages that are looked at in a unit.
const AT_ONCE: u32 = 200;
/// How many other servers are spoken with at a time.
const SERVERS: usize = 8;
/// For how long a message is claimed, seconds: longer than any exchange, which has timeouts.
const CLAIM_S: i64 = 300;
/// How often an answer is heard that looks final, but may be about keys.
const MAX_UNAUTHORIZED: i64 = 5;

/// What came of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// They arrived.
    pub arrived: u64,
    /// They are tried again.
    pub later: u64,
    /// They were refused, or given up.
    pub dropped: u64,
}

impl Sent {
    fn of(verdict: Verdict) -> Self {
        let mut sent = Self::default();
        match verdict {
            Verdict::Arrived => sent.arrived = 1,
            Verdict::Later => sent.later = 1,
            Verdict::Refused => sent.dropped = 1,
        }
        sent
    }

    fn and(self, other: Self) -> Self {
        Self {
            arrived: self.arrived + other.arrived,
            later: self.later + other.later,
            dropped: self.dropped + other.dropped,
        }
    }
}

/// A message that is ours to send.
struct Claimed {
    record: OutboxRecord,
    host: PeerHost,
    kind: MessageKind,
    payload: Payload,
}

impl Ocm {
    /// Sends what is due: to each server in order, to several at a time.
    ///
    /// # Errors
    /// When the store fails. That another server fails is no error.
    pub async fn send_due(&self) -> Result<Sent, OcmError> {
        let hosts = {
            let unit = self.0.store.begin().await?;
            let due = unit.list_due_messages(self.now(), AT_ONCE).await?;
            due.into_iter().map(|message| message.host).collect::<BTreeSet<_>>()
        };
        stream::iter(hosts)
            .map(|host| async move { self.send_to(&host).await })
            .buffer_unordered(SERVERS)
            .fold(Ok(Sent::default()), |sum, sent| async move { Ok(sum?.and(sent?)) })
            .await
    }

    async fn send_to(&self, host: &str) -> Result<Sent, OcmError> {
        let mut sum = Sent::default();
        loop {
            let claimed = match self.claim(host).await? {
                Claim::Message(claimed) => claimed,
                Claim::Dropped => {
                    sum = sum.and(Sent::of(Verdict::Refused));
                    continue;
                }
                Claim::Nothing => return Ok(sum),
            };
            let (verdict, retry_after_s) = self.post(&claimed).await;
            metrics::counter!("ocm_outbox_total", "result" => word(verdict)).increment(1);
            self.settle(&claimed, verdict, retry_after_s).await?;
            sum = sum.and(Sent::of(verdict));
            // What else there is for this server waits with it.
            if verdict == Verdict::Later {
                return Ok(sum);
            }
        }
    }

    /// Takes the first message for a server, if it is due. What comes after it is about what it tells, so nothing overtakes it.
    async fn claim(&self, host: &str) -> Result<Claim, OcmError> {
        let now = self.now();
        let unit = self.0.store.begin().await?;
        let Some(mut record) = unit.find_first_message(host).await? else {
            return Ok(Claim::Nothing);
        };
        if record.next_at > now {
            wait_behind(&*unit, &record, now).await?;
            unit.commit().await?;
            return Ok(Claim::Nothing);
        }
        let opened = Payload::open(&record.sealed, &self.0.sealer);
        let (kind, peer) = (MessageKind::from_word(&record.kind), PeerHost::parse(&record.host));
        let (Ok(payload), Some(kind), Ok(peer)) = (opened, kind, peer) else {
            tracing::error!(host, "a message to another server cannot be read, and is dropped");
            delete(&*unit, &record, now).await?;
            unit.commit().await?;
            return Ok(Claim::Dropped);
        };
        let is_over = record.expires_at <= now;
        if is_over || !is_wanted(&*unit, kind, &payload).await? {
            if is_over {
                tracing::warn!(host, kind = kind.word(), "a message to another server is given up");
                self.end_undelivered(&*unit, kind, &payload).await?;
            }
            delete(&*unit, &record, now).await?;
            unit.commit().await?;
            return Ok(Claim::Dropped);
        }
        record.attempts += 1;
        record.next_at = now.saturating_add(CLAIM_S);
        unit.update_message(&record).await?;
        unit.commit().await?;
        Ok(Claim::Message(Claimed {
            record,
            host: peer,
            kind,
            payload,
        }))
    }

    /// Posts it. What is logged is the server and the fault, never the message.
    async fn post(&self, claimed: &Claimed) -> (Verdict, Option<u32>) {
        let Claimed {
            record,
            host,
            kind,
            payload,
        } = claimed;
        let answered = async {
            let peer = self.peer(host, payload.plain_http, Freshness::Day).await?;
            let url = peer.discovery.address_of(kind.place());
            let body = payload.body.expose_secret().to_vec();
            self.post_signed(&peer, &url, "application/json", body).await
        };
        match answered.await {
            Ok(answer) => {
                let verdict = match Verdict::of(answer.status, *kind) {
                    Verdict::Later
                        if answer.status == http::StatusCode::UNAUTHORIZED && record.attempts >= MAX_UNAUTHORIZED =>
                    {
                        Verdict::Refused
                    }
                    verdict => verdict,
                };
                if verdict != Verdict::Arrived {
                    tracing::info!(%host, kind = kind.word(), status = answer.status.as_u16(), "a message was not taken");
                }
                (verdict, answer.retry_after_s())
            }
            Err(NetError::Busy { retry_after_s }) => (Verdict::Later, Some(retry_after_s)),
            Err(error) => {
                let is_forbidden = matches!(error, NetError::NotAllowed | NetError::Peer(PeerFault::Forbidden));
                tracing::info!(%host, kind = kind.word(), error = &error as &dyn std::error::Error, "a message was not sent");
                (if is_forbidden { Verdict::Refused } else { Verdict::Later }, None)
            }
        }
    }

    /// Writes down what came of it.
    async fn settle(&self, claimed: &Claimed, verdict: Verdict, retry_after_s: Option<u32>) -> Result<(), OcmError> {
        let now = self.now();
        let Claimed {
            record, kind, payload, ..
        } = claimed;
        let unit = self.0.store.begin().await?;
        match verdict {
            Verdict::Arrived => delete(&*unit, record, now).await?,
            Verdict::Refused => {
                self.end_undelivered(&*unit, *kind, payload).await?;
                delete(&*unit, record, now).await?;
            }
            Verdict::Later => {
                let asked = retry_after_s.map_or(0, i64::from).min(LONGEST_WAIT_S);
                let next_at = now.saturating_add(self.wait_s(record.attempts)?.max(asked));
                let mut message = record.clone();
                // At its end it is looked at once more, to be given up.
                message.next_at = next_at.min(message.expires_at);
                if !unit.update_message(&message).await? {
                    // It was given up meanwhile.
                    self.end_undelivered(&*unit, *kind, payload).await?;
                }
                wait_behind(&*unit, &message, now).await?;
            }
        }
        Ok(unit.commit().await?)
    }

    /// A share that the other server never got ends.
    async fn end_undelivered(&self, unit: &dyn Unit, kind: MessageKind, payload: &Payload) -> Result<(), OcmError> {
        match (kind, &payload.share) {
            (MessageKind::Share, Some(id)) => provider::end_undelivered(self, unit, id).await,
            _ => Ok(()),
        }
    }
}

async fn delete(unit: &dyn Unit, message: &OutboxRecord, now: i64) -> Result<(), OcmError> {
    unit.delete_message(message.number).await?;
    call_next(unit, &message.host, now).await
}

/// After a message: the one behind it has waited for nothing else. But an offer may be under way, and keeps its time.
pub(crate) async fn call_next(unit: &dyn Unit, host: &str, now: i64) -> Result<(), OcmError> {
    if let Some(mut next) = unit.find_first_message(host).await?
        && next.attempts == 0
        && next.next_at > now
        && MessageKind::from_word(&next.kind) != Some(MessageKind::Share)
    {
        next.next_at = now;
        unit.update_message(&next).await?;
    }
    Ok(())
}

/// What else there is for a server waits for the first message, so that it is not looked at again and again.
async fn wait_behind(unit: &dyn Unit, first: &OutboxRecord, now: i64) -> Result<(), OcmError> {
    let others = unit.list_due_messages(now, AT_ONCE).await?;
    for mut message in others.into_iter().filter(|other| other.host == first.host) {
        message.next_at = first.next_at.min(message.expires_at);
        unit.update_message(&message).await?;
    }
    Ok(())
}

enum Claim {
    Message(Claimed),
    Dropped,
    Nothing,
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Arrived => "arrived",
        Verdict::Later => "later",
        Verdict::Refused => "refused",
    }
}

/// Whether a message is still true: a share that has ended meanwhile is not announced.
async fn is_wanted(unit: &dyn Unit, kind: MessageKind, payload: &Payload) -> Result<bool, OcmError> {
    let (MessageKind::Share, Some(id)) = (kind, &payload.share) else {
        return Ok(true);
    };
    let share = unit.find_out_share(id).await?;
    Ok(share.is_some_and(|share| share.state == OutShareState::Live))
}
