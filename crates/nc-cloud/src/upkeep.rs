use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{Cloud, content::ContentError, deck};

/// How often the cloud looks for what has become old.
const EVERY: Duration = Duration::from_hours(1);

impl Cloud {
    /// Deletes for good what was in the trash for too long.
    ///
    /// # Errors
    /// [`ContentError::Storage`]
    pub async fn upkeep(&self) -> Result<(), ContentError> {
        let kept = self.config().trash_kept;
        self.content().purge_old_trash(kept).await?;
        let kept_s = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX);
        let mut change = self.collections().change(self.now()).await?;
        change.purge_old_trash(kept_s).await?;
        change.commit().await?;
        self.end_shares_of_gone_files().await?;
        Ok(deck::purge(self, kept_s).await?)
    }

    /// Keeps house until it is aborted.
    pub async fn keep_up(self) {
        let mut ticks = interval(EVERY);
        // After a laptop slept, once is enough.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.upkeep().await {
                tracing::error!(error = &error as &dyn std::error::Error, "the cloud's upkeep failed");
            }
        }
    }
}
