//! What has to be done from time to time, while the server runs.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{Ocm, OcmError, provider};

/// How often messages are looked for that are due again. New ones are sent at once.
const LOOK_EVERY: Duration = Duration::from_secs(15);

impl Ocm {
    /// Does it now: ends shares whose time is over, clears tokens, leases, messages and declined shares, and removes keys that
    /// nothing needs any more. How many rows were touched.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn upkeep(&self) -> Result<u64, OcmError> {
        let ended = provider::end_expired(self).await?;
        let now = self.now();
        let unit = self.0.store.begin().await?;
        // The audit log is the provider's to shorten.
        let swept = ended + unit.sweep(now, 0).await? + unit.sweep_federation(now).await?;
        unit.commit().await?;
        let removed = self.keys().retire(false).await?.done;
        if !removed.is_empty() {
            tracing::info!(keys = ?removed, "removed keys that signed nothing that is still good");
        }
        Ok(swept)
    }

    /// Sends messages as they become due, and does the rest at once and then every cleanup interval; to be dropped when the
    /// server ends. A failure is logged and tried again at the next time.
    pub async fn keep_up(self) {
        let mut looks = interval(LOOK_EVERY);
        // After a laptop slept, once is enough.
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut cleaned: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = self.0.outbox.notified() => {}
            }
            // First: what is given up takes its share along.
            match self.send_due().await {
                Ok(sent) => tracing::debug!(?sent, "sent what was due to other servers"),
                Err(error) => log(&error, "messages to other servers cannot be sent"),
            }
            if cleaned.is_none_or(|at| at.elapsed() >= self.0.config.cleanup_interval) {
                cleaned = Some(Instant::now());
                match self.upkeep().await {
                    Ok(swept) => tracing::debug!(swept, "cleared what has ended between servers"),
                    Err(error) => log(&error, "the upkeep of shares with other servers failed"),
                }
            }
        }
    }
}

fn log(error: &OcmError, what: &str) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}");
}
