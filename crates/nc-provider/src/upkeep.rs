//! What has to be done from time to time, while the server runs.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{Error, Provider};

/// How often. What has ended is not believed anyway; this only keeps the database small and the keys young.
const EVERY: Duration = Duration::from_hours(1);

/// How long the audit log goes back.
const AUDIT_KEPT: Duration = Duration::from_hours(24 * 365);

impl Provider {
    /// Does it now: deletes what has ended (tickets, codes, tokens, sessions, consents, clients), takes app passwords back that
    /// nothing needs any more, and takes the steps of the keys' lives that are due. How many records were deleted.
    pub async fn upkeep(&self) -> Result<u64, Error> {
        let ended = self.end_old_sessions().await?;
        let now = self.now();
        let unit = self.store().begin().await?;
        let swept = unit
            .sweep(now, now.saturating_sub_unsigned(AUDIT_KEPT.as_secs()))
            .await?;
        unit.commit().await?;
        let released = self.release_all().await?;
        if released > 0 {
            tracing::info!(released, "took app passwords back that nothing needs any more");
        }
        self.keys().upkeep().await?;
        Ok(swept.saturating_add(ended))
    }

    /// Does it at once and then every hour, and sees to it that clients are told of ended sessions; to be dropped when the server
    /// ends. A failure is logged and tried again at the next time.
    pub async fn keep_up(self) {
        tokio::join!(self.clone().keep_telling(), self.keep_clean());
    }

    async fn keep_clean(self) {
        let mut ticks = interval(EVERY);
        // After a laptop slept, once is enough.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.upkeep().await {
                Ok(swept) => tracing::debug!(swept, "deleted what has ended"),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the provider's upkeep failed");
                }
            }
        }
    }
}
