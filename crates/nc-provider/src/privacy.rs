//! What people keep from clients (the personal part of `restrict_user_information` of Nextcloud's `oidc` app).

use nc_store::{Digest, TicketKind, TicketRecord};

use crate::{AllowUserSettings, Error, Provider, Settings};

impl Provider {
    /// What is not told about a person: what administrators keep back for all, and what the person does, where people may.
    pub(crate) async fn kept_back(&self, subject: &str, settings: &Settings) -> Result<Vec<String>, Error> {
        let mut kept = settings.restrict_user_information.clone();
        if settings.allow_user_settings == AllowUserSettings::Enabled {
            kept.extend(self.privacy_of(subject).await?);
        }
        Ok(kept)
    }

    /// What a person decided, whether it counts now or not.
    async fn privacy_of(&self, subject: &str) -> Result<Vec<String>, Error> {
        let key = Digest::of(subject);
        let found = self.store().find_ticket(TicketKind::Privacy, key, self.now()).await?;
        Ok(match found {
            Some(ticket) => serde_json::from_str(&ticket.document)?,
            None => Vec::new(),
        })
    }

    /// Notes what a person decided: any of [`Settings::RESTRICTABLE`].
    pub(crate) async fn keep_back(&self, subject: &str, words: &[String]) -> Result<(), Error> {
        let unit = self.store().begin().await?;
        unit.put_ticket(&TicketRecord {
            kind: TicketKind::Privacy,
            key: Digest::of(subject),
            document: serde_json::to_string(words)?,
            // Until the person decides anew.
            expires_at: i64::MAX,
        })
        .await?;
        Ok(unit.commit().await?)
    }
}
