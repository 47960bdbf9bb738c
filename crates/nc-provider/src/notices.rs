//! Telling clients from server to server that a session ended (`OpenID` Connect Back-Channel Logout 1.0).
//!
//! Who got an ID token in a session is remembered by person, beside the grants: those go when nothing of them is live, and a
//! client's own session may last longer.
//!
//! Whom to tell is stored together with the end of the session, and deleted when it was told: a stop in between, or an end that
//! another process makes, keeps nobody from being told. The row also says until when one process sees to it alone.

mod sending;

use nc_store::{Digest, LogoutNoticeRecord, TicketKind, TicketRecord, Unit};
use serde::{Deserialize, Serialize};

pub(crate) use self::sending::Notices;
use crate::{Client, Error};

/// How long it is remembered who got an ID token in a session.
const REMEMBERED_S: i64 = 30 * 24 * 60 * 60;
/// Most that are remembered of one person; the oldest give way.
const REMEMBERED_MAX: usize = 100;
/// How long a notice is worth sending: as long as a server may be away.
const WORTH_S: i64 = 24 * 60 * 60;

/// Who sends what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// This process, as soon as the unit is committed.
    ThisProcess,
    /// Whichever server looks next.
    AnyServer,
}

/// A client in a session of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Participant {
    client_id: String,
    sid: String,
    until: i64,
}

/// Remembers that a client is told who signed in, if it wants to know when that ends.
pub(crate) async fn remember(
    unit: &dyn Unit,
    subject: &str,
    sid: &str,
    client: &Client,
    now: i64,
) -> Result<(), Error> {
    if client.document.backchannel_logout_uri.is_none() {
        return Ok(());
    }
    let mut all = read(unit, subject, now).await?;
    all.retain(|known| known.client_id != client.id() || known.sid != sid);
    all.push(Participant {
        client_id: client.id().to_owned(),
        sid: sid.to_owned(),
        until: now.saturating_add(REMEMBERED_S),
    });
    let too_many = all.len().saturating_sub(REMEMBERED_MAX);
    all.drain(..too_many);
    write(unit, subject, &all, now).await
}

/// Stores whom to tell that a session ended, or every session of a person; from now on they are forgotten.
pub(crate) async fn queue(
    unit: &dyn Unit,
    subject: &str,
    sid: Option<&str>,
    sender: Sender,
    now: i64,
) -> Result<Vec<LogoutNoticeRecord>, Error> {
    let mut notices = Vec::new();
    for Participant { client_id, sid, .. } in take(unit, subject, sid, now).await? {
        let mut notice = LogoutNoticeRecord {
            number: 0,
            client_id,
            subject: subject.to_owned(),
            sid,
            next_at: match sender {
                Sender::ThisProcess => now.saturating_add(sending::SEEN_TO_S),
                Sender::AnyServer => now,
            },
            expires_at: now.saturating_add(WORTH_S),
        };
        notice.number = unit.insert_logout_notice(&notice).await?;
        notices.push(notice);
    }
    Ok(notices)
}

/// Ends every browser session of a person, where nothing runs that could tell the clients: the next server that runs does it. How
/// many there were.
///
/// # Errors
/// When the store fails.
pub async fn end_sessions(unit: &dyn Unit, subject: &str, now: i64) -> Result<u64, Error> {
    queue(unit, subject, None, Sender::AnyServer, now).await?;
    Ok(unit.delete_sessions(subject).await?)
}

/// The clients that are to be told; from now on they are forgotten.
async fn take(unit: &dyn Unit, subject: &str, sid: Option<&str>, now: i64) -> Result<Vec<Participant>, Error> {
    let all = read(unit, subject, now).await?;
    if all.is_empty() {
        return Ok(all);
    }
    let is_over = |known: &Participant| sid.is_none_or(|sid| known.sid == sid);
    let (over, left): (Vec<_>, Vec<_>) = all.into_iter().partition(is_over);
    write(unit, subject, &left, now).await?;
    Ok(over)
}

async fn read(unit: &dyn Unit, subject: &str, now: i64) -> Result<Vec<Participant>, Error> {
    let found = unit
        .find_ticket(TicketKind::SignedInClients, Digest::of(subject), now)
        .await?;
    let mut all: Vec<Participant> = match found {
        Some(ticket) => serde_json::from_str(&ticket.document)?,
        None => Vec::new(),
    };
    all.retain(|known| known.until > now);
    Ok(all)
}

async fn write(unit: &dyn Unit, subject: &str, all: &[Participant], now: i64) -> Result<(), Error> {
    let ticket = TicketRecord {
        kind: TicketKind::SignedInClients,
        key: Digest::of(subject),
        document: serde_json::to_string(all)?,
        expires_at: all.iter().map(|known| known.until).max().unwrap_or(now),
    };
    Ok(unit.put_ticket(&ticket).await?)
}
