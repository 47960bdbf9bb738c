//! Telling clients from server to server that a session ended (`OpenID` Connect Back-Channel Logout 1.0).
//!
//! Who got an ID token in a session is remembered by person, beside the grants: those go when nothing of them is live, and a
//! client's own session may last longer.

use std::sync::Arc;

use nc_auth::fetch::{FetchError, PostForm};
use nc_proto::oauth::jose::Algorithm;
use nc_store::{Digest, TicketKind, TicketRecord, Unit};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use url::Url;

use crate::{Client, Error, Provider, random};

/// How long it is remembered who got an ID token in a session.
const REMEMBERED_S: i64 = 30 * 24 * 60 * 60;
/// Most that are remembered of one person; the oldest give way.
const REMEMBERED_MAX: usize = 100;
/// How long a logout token is good: time enough for one attempt.
const TOKEN_LIFETIME_S: i64 = 120;
/// How often a client is told that does not answer.
const ATTEMPTS: u32 = 4;
/// Clients that are told at a time.
const AT_ONCE: usize = 8;
/// Clients that wait to be told. More are not told, which they are told of in no other way either.
const WAITING_MAX: usize = 500;

/// What carries the notices.
pub(crate) struct Notices {
    post: Arc<dyn PostForm>,
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Notices {
    pub(crate) fn new(post: Arc<dyn PostForm>) -> Self {
        Self {
            post,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }
}

/// A client in a session of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Participant {
    client_id: String,
    sid: String,
    until: i64,
}

/// What a client is told.
#[derive(Serialize)]
struct LogoutClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: &'a str,
    events: serde_json::Value,
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

/// The clients that are to be told that a session ended, or every session; from now on they are forgotten.
pub(crate) async fn take(
    unit: &dyn Unit,
    subject: &str,
    sid: Option<&str>,
    now: i64,
) -> Result<Vec<Participant>, Error> {
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

impl Provider {
    /// Tells these clients that the session of a person ended. Nobody waits for it.
    pub(crate) fn tell_signed_out(&self, subject: &str, participants: Vec<Participant>) {
        let Some(notices) = self.notices() else { return };
        for participant in participants {
            let Ok(place) = Arc::clone(&notices.waiting).try_acquire_owned() else {
                tracing::warn!(
                    client = participant.client_id,
                    "too many clients wait to be told that a session ended; this one is not told"
                );
                continue;
            };
            let (provider, subject) = (self.clone(), subject.to_owned());
            tokio::spawn(async move {
                provider.tell(&subject, &participant).await;
                drop(place);
            });
        }
    }

    /// Tells one client, and again after a while if it does not answer.
    async fn tell(&self, subject: &str, participant: &Participant) {
        let client = participant.client_id.as_str();
        let mut pause = self.config().lifetimes.notice_pause;
        for attempt in 1..=ATTEMPTS {
            match self.tell_once(subject, participant).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(
                        client,
                        error = &error as &dyn std::error::Error,
                        "a client is not told that a session ended"
                    );
                    return;
                }
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(5);
            }
        }
        tracing::warn!(client, "a client cannot be told that a session ended");
    }

    /// Whether there is nothing more to do. `false`: it may be tried again.
    async fn tell_once(&self, subject: &str, participant: &Participant) -> Result<bool, Error> {
        // As it is now: an administrator may have changed or stopped it.
        let Some(client) = Client::find_stored(self.store(), &participant.client_id, self.now()).await? else {
            return Ok(true);
        };
        let Some(uri) = &client.document.backchannel_logout_uri else {
            return Ok(true);
        };
        let (Some(notices), Ok(url)) = (self.notices(), Url::parse(uri)) else {
            return Ok(true);
        };
        // Each attempt has a token of its own: one that was seen may be refused.
        let token = self.logout_token(subject, &participant.sid, &client).await?;
        let form = format!("logout_token={token}");
        let _turn = notices.at_once.acquire().await;
        match notices.post.post_form(&url, &form).await {
            Ok(200..300) => Ok(true),
            Ok(status @ (429 | 500..)) => {
                tracing::info!(
                    client = client.id(),
                    status,
                    "a client does not take a notice of logout now"
                );
                Ok(false)
            }
            // It understood and will not (Back-Channel Logout §2.8).
            Ok(status) => {
                tracing::warn!(client = client.id(), status, "a client refuses a notice of logout");
                Ok(true)
            }
            Err(FetchError::Forbidden) => {
                tracing::warn!(
                    client = client.id(),
                    "the address for notices of logout is none that may be connected to"
                );
                Ok(true)
            }
            Err(error) => {
                tracing::info!(client = client.id(), %error, "a client cannot be told of a logout now");
                Ok(false)
            }
        }
    }

    async fn logout_token(&self, subject: &str, sid: &str, client: &Client) -> Result<String, Error> {
        let own = client.document.id_token_algorithm.as_deref();
        let algorithm = own.and_then(Algorithm::from_name).unwrap_or(self.config().algorithm);
        let now = self.now();
        let claims = LogoutClaims {
            iss: &self.config().issuer,
            sub: subject,
            aud: client.id(),
            iat: now,
            exp: now.saturating_add(TOKEN_LIFETIME_S),
            jti: random::text::<16>()?,
            sid,
            events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
        };
        self.keys().sign(algorithm, "logout+jwt", &claims).await
    }
}
