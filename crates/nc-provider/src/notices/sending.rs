use std::{sync::Arc, time::Duration};

use nc_auth::fetch::{FetchError, PostForm};
use nc_proto::oauth::jose::Algorithm;
use nc_store::{LogoutNoticeRecord, Unit};
use serde::Serialize;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{MissedTickBehavior, interval},
};
use url::Url;

use super::{Sender, queue};
use crate::{Client, Error, Provider, random};

/// How long a logout token is good: time enough for one attempt.
const TOKEN_LIFETIME_S: i64 = 120;
/// How often a client is told that does not answer.
const ATTEMPTS: u32 = 4;
/// Clients that are told at a time.
const AT_ONCE: usize = 8;
/// Clients that wait in this process to be told. More stay in the store until somebody has time for them.
const WAITING_MAX: usize = 500;
/// For how long a process sees to a notice alone: longer than an attempt and the pause before the next one. When it ends meanwhile,
/// another one takes over.
pub(super) const SEEN_TO_S: i64 = 120;
/// How often the store is asked what nobody sees to.
const EVERY: Duration = Duration::from_secs(30);
/// Sessions that ran out, in one unit.
const ENDED_AT_ONCE: u32 = 100;

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

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.waiting).try_acquire_owned().ok()
    }
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

impl Provider {
    /// Stores whom to tell that a session ended, or every session of a person. When the unit is committed they are told by
    /// [`Self::tell_signed_out`].
    pub(crate) async fn queue_signed_out(
        &self,
        unit: &dyn Unit,
        subject: &str,
        sid: Option<&str>,
    ) -> Result<Vec<LogoutNoticeRecord>, Error> {
        queue(unit, subject, sid, Sender::ThisProcess, self.now()).await
    }

    /// Tells clients that a session ended. Nobody waits for it.
    pub(crate) fn tell_signed_out(&self, stored: Vec<LogoutNoticeRecord>) {
        let Some(notices) = self.notices() else { return };
        for notice in stored {
            // One that finds no place is still stored.
            let Some(place) = notices.place() else { return };
            let provider = self.clone();
            tokio::spawn(async move {
                if let Err(error) = provider.tell(&notice).await {
                    tracing::warn!(
                        client = notice.client_id,
                        error = &error as &dyn std::error::Error,
                        "a client is not told yet that a session ended"
                    );
                }
                drop(place);
            });
        }
    }

    /// Tells the clients that nobody sees to: of sessions that another process ended, and what a server left behind that stopped. How
    /// many there are; nobody waits until they are told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell_waiting(&self) -> Result<usize, Error> {
        let free = self.notices().map_or(0, |notices| notices.waiting.available_permits());
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let now = self.now();
        if limit == 0 || self.store().list_due_logout_notices(now, 1).await?.is_empty() {
            return Ok(0);
        }
        let unit = self.store().begin().await?;
        let due = unit.list_due_logout_notices(now, limit).await?;
        for notice in &due {
            unit.defer_logout_notice(notice.number, now.saturating_add(SEEN_TO_S))
                .await?;
        }
        unit.commit().await?;
        let waiting = due.len();
        self.tell_signed_out(due);
        Ok(waiting)
    }

    /// Does that at once and then again and again.
    pub(crate) async fn keep_telling(self) {
        if self.notices().is_none() {
            return;
        }
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.tell_waiting().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "what clients are to be told of ended sessions cannot be read"
                );
            }
        }
    }

    /// Ends the browser sessions that ran out, and tells the clients. How many there were.
    pub(crate) async fn end_old_sessions(&self) -> Result<u64, Error> {
        let now = self.now();
        let mut ended = 0;
        loop {
            let unit = self.store().begin().await?;
            let old = unit.list_ended_sessions(now, ENDED_AT_ONCE).await?;
            if old.is_empty() {
                return Ok(ended);
            }
            let mut notices = Vec::new();
            for session in &old {
                notices.extend(
                    self.queue_signed_out(&*unit, &session.subject, Some(&session.sid))
                        .await?,
                );
                unit.delete_session(session.secret).await?;
                ended += 1;
            }
            unit.commit().await?;
            self.tell_signed_out(notices);
        }
    }

    /// Tells one client, and again after a while if it does not answer.
    async fn tell(&self, notice: &LogoutNoticeRecord) -> Result<(), Error> {
        let client = notice.client_id.as_str();
        let mut pause = self.config().lifetimes.notice_pause;
        for attempt in 1..=ATTEMPTS {
            match self.tell_once(notice).await {
                Ok(true) => return self.forget_notice(notice).await,
                Ok(false) => {}
                // As it may be at every attempt: there is nobody to tell in this way.
                Err(error @ (Error::TokenTooLong | Error::Internal(_))) => {
                    self.forget_notice(notice).await?;
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(5);
            }
        }
        tracing::warn!(client, "a client cannot be told that a session ended");
        self.forget_notice(notice).await
    }

    async fn forget_notice(&self, notice: &LogoutNoticeRecord) -> Result<(), Error> {
        let unit = self.store().begin().await?;
        unit.delete_logout_notice(notice.number).await?;
        Ok(unit.commit().await?)
    }

    /// Says that this process goes on with a notice. `false`: it is gone.
    async fn see_to(&self, notice: &LogoutNoticeRecord) -> Result<bool, Error> {
        let unit = self.store().begin().await?;
        let until = self.now().saturating_add(SEEN_TO_S);
        let is_there = unit.defer_logout_notice(notice.number, until).await?;
        unit.commit().await?;
        Ok(is_there)
    }

    /// Whether there is nothing more to do. `false`: it may be tried again.
    async fn tell_once(&self, notice: &LogoutNoticeRecord) -> Result<bool, Error> {
        // As it is now: an administrator may have changed or stopped it.
        let Some(client) = Client::find_stored(self.store(), &notice.client_id, self.now()).await? else {
            return Ok(true);
        };
        let Some(uri) = &client.document.backchannel_logout_uri else {
            return Ok(true);
        };
        let (Some(notices), Ok(url)) = (self.notices(), Url::parse(uri)) else {
            return Ok(true);
        };
        let _turn = notices.at_once.acquire().await;
        if !self.see_to(notice).await? {
            return Ok(true);
        }
        // Each attempt has a token of its own: one that was seen may be refused.
        let token = self.logout_token(&notice.subject, &notice.sid, &client).await?;
        let form = format!("logout_token={token}");
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
