//! Messages to other servers that wait to be sent: stored in the unit that makes what they tell, so that neither is there
//! without the other, and sent after its commit until they arrive, are refused, or a day is over.
//!
//! A message may hold a secret. It is sealed, and deleted as soon as the other server has it.

mod payload;
mod send;

use http::StatusCode;
use nc_proto::ocm::PeerHost;
use nc_store::{OutboxRecord, Unit};

use self::payload::Payload;
pub use self::send::Sent;
pub(crate) use self::send::call_next;
use crate::{Ocm, OcmError};

/// How long sending is tried, seconds.
const DAY_S: i64 = 24 * 60 * 60;
/// The wait after the first failure, seconds; it doubles.
const FIRST_WAIT_S: i64 = 30;
/// The longest wait, seconds.
const LONGEST_WAIT_S: i64 = 60 * 60;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A share. When it cannot be delivered, the share ends.
    Share,
    /// A notification.
    Notification,
}

impl MessageKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Notification => "notification",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Share, Self::Notification]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// Where below the endpoint it is posted.
    const fn place(self) -> &'static str {
        match self {
            Self::Share => "shares",
            Self::Notification => "notifications",
        }
    }
}

/// A message to be stored.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// To whom.
    pub host: &'a PeerHost,
    /// Whether the address said `http://`.
    pub plain_http: bool,
    /// What.
    pub kind: MessageKind,
    /// Of [`MessageKind::Share`]: the share's id.
    pub share: Option<&'a str>,
    /// The JSON to post.
    pub body: &'a [u8],
    /// When it is sent first: now, or later if the caller is about to try it.
    pub first_at: i64,
}

impl Ocm {
    /// Stores a message in a unit; its number. It is sent after the commit.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue(&self, unit: &dyn Unit, message: &Outgoing<'_>) -> Result<i64, OcmError> {
        let payload = Payload {
            plain_http: message.plain_http,
            share: message.share.map(str::to_owned),
            body: message.body.to_vec().into(),
        };
        let now = self.now();
        let record = OutboxRecord {
            number: 0,
            host: message.host.to_string(),
            kind: message.kind.word().to_owned(),
            sealed: payload.seal(&self.0.sealer, &self.0.random)?,
            attempts: 0,
            next_at: message.first_at,
            created_at: now,
            expires_at: now.saturating_add(DAY_S),
        };
        let number = unit.insert_message(&record).await?;
        // Whoever is woken begins a unit of its own, and so waits for the commit of this one.
        self.0.outbox.notify_one();
        Ok(number)
    }

    /// How long to wait after this many failures: doubling, with up to a quarter more so that not all come back together.
    fn wait_s(&self, attempts: i64) -> Result<i64, OcmError> {
        let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(16);
        let wait = FIRST_WAIT_S.saturating_mul(1 << doublings).min(LONGEST_WAIT_S);
        let [random] = self.0.random.bytes::<1>()?;
        Ok(wait + wait * i64::from(random) / 1024)
    }
}

/// What an answer means for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is there.
    Arrived,
    /// Another try is worth it.
    Later,
    /// It will never be taken.
    Refused,
}

impl Verdict {
    fn of(status: StatusCode, kind: MessageKind) -> Self {
        match status {
            status if status.is_success() => Self::Arrived,
            StatusCode::NOT_IMPLEMENTED => Self::Refused,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => Self::Later,
            // Keys change, and the other server may remember an old set for a while.
            StatusCode::UNAUTHORIZED if kind == MessageKind::Notification => Self::Later,
            status if status.is_server_error() => Self::Later,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_decide_whether_a_message_is_sent_again() {
        use MessageKind::{Notification, Share};
        for (status, kind, verdict) in [
            (200, Share, Verdict::Arrived),
            (201, Notification, Verdict::Arrived),
            (301, Share, Verdict::Refused),
            (400, Share, Verdict::Refused),
            (401, Share, Verdict::Refused),
            (401, Notification, Verdict::Later),
            (403, Notification, Verdict::Refused),
            (409, Share, Verdict::Refused),
            (429, Share, Verdict::Later),
            (500, Share, Verdict::Later),
            (501, Share, Verdict::Refused),
            (503, Notification, Verdict::Later),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Verdict::of(status, kind), verdict, "{status} {kind:?}");
        }
    }

    #[test]
    fn kinds_are_stored_as_words() {
        for kind in [MessageKind::Share, MessageKind::Notification] {
            assert_eq!(MessageKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(MessageKind::from_word("x"), None);
    }
}
