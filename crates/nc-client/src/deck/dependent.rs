//! Cards that wait for others; came with Deck 1.18 (nextcloud/deck, pull request 7879).

use http::Method;
use nc_proto::apps::deck::CardId;

use super::{CardPlace, Deck};
use crate::Error;

/// The first version that knows dependent cards.
const SINCE: (u32, u32) = (1, 18);

impl Deck<'_> {
    /// Lets a card wait for another, or no more. Repeating it is no error.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the app is older than 1.18; otherwise as for [`Self::card`].
    pub async fn set_dependent(&self, place: CardPlace, other: CardId, depends: bool) -> Result<(), Error> {
        let card = self.card(place).await?;
        self.check_knows_dependents().await?;
        let known = card.dependent_cards.iter().flatten().any(|card| *card == other);
        if card.dependent_cards.is_some() && known == depends {
            return Ok(());
        }
        let method = if depends { Method::POST } else { Method::DELETE };
        let path = ["dependentCards", &other.to_string()];
        match super::done(self.card_request(method, place, &path).newer()).await {
            Err(Error::NotFound { .. }) => Err(unsupported("an older one")),
            result => result,
        }
    }

    async fn check_knows_dependents(&self) -> Result<(), Error> {
        let capabilities = self.0.capabilities().await?;
        let Some(version) = capabilities.find::<String>(&["deck", "version"]) else {
            return Err(Error::AppMissing { app: "deck" });
        };
        let mut parts = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        let known = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        if known < SINCE {
            return Err(unsupported(&version));
        }
        Ok(())
    }
}

fn unsupported(version: &str) -> Error {
    Error::Unsupported {
        what: "dependent cards",
        why: format!("Deck can do that from version 1.18 on, and this Nextcloud has {version}"),
    }
}
