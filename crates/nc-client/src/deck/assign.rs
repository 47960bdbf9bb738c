//! Labels and people of cards.

use http::Method;
use nc_proto::apps::deck::{Card, LabelAssignment, LabelId, UserAssignment};

use super::{CardPlace, Deck};
use crate::Error;

impl Deck<'_> {
    /// Gives a card a label. That it has it already is no error.
    ///
    /// # Errors
    /// As for [`Self::card`], also for a label that is not there.
    pub async fn assign_label(&self, place: CardPlace, label: LabelId) -> Result<(), Error> {
        self.label(place.board, label).await?;
        self.card(place).await?;
        self.put_label(place, label, "assignLabel").await
    }

    /// Takes a label from a card. That it does not have it is no error.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn remove_label(&self, place: CardPlace, label: LabelId) -> Result<(), Error> {
        let card = self.card(place).await?;
        if !has_label(&card, label) {
            return Ok(());
        }
        self.put_label(place, label, "removeLabel").await
    }

    pub(super) async fn put_label(&self, place: CardPlace, label: LabelId, verb: &str) -> Result<(), Error> {
        let body = LabelAssignment { label_id: label };
        super::done(self.card_request(Method::PUT, place, &[verb]).json(&body)).await
    }

    /// Assigns a user to a card. That it is done already is no error.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the board is not shared with the user; otherwise as for [`Self::card`].
    pub async fn assign_user(&self, place: CardPlace, user: &str) -> Result<(), Error> {
        let card = self.card(place).await?;
        if is_assigned(&card, user) {
            return Ok(());
        }
        match self.put_user(place, user, "assignUser").await {
            // The words of the app are for people; what is wrong is looked up.
            Err(error @ Error::Refused { .. }) => {
                if is_assigned(&self.card(place).await?, user) {
                    return Ok(());
                }
                let board = self.board(place.board).await?;
                if board.users.iter().any(|person| person.uid == user) {
                    return Err(error);
                }
                let why = format!("\"{user}\" does not see board {}; share the board first", place.board);
                Err(Error::invalid("user_id", why))
            }
            result => result,
        }
    }

    /// Takes a user from a card. That nobody of that name is assigned is no error.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn unassign_user(&self, place: CardPlace, user: &str) -> Result<(), Error> {
        let card = self.card(place).await?;
        if !is_assigned(&card, user) {
            return Ok(());
        }
        match self.put_user(place, user, "unassignUser").await {
            Err(error @ (Error::Refused { .. } | Error::NotFound { .. })) => {
                if is_assigned(&self.card(place).await?, user) {
                    Err(error)
                } else {
                    Ok(())
                }
            }
            result => result,
        }
    }

    async fn put_user(&self, place: CardPlace, user: &str, verb: &str) -> Result<(), Error> {
        let body = UserAssignment {
            user_id: user.to_owned(),
            kind: None,
        };
        super::done(self.card_request(Method::PUT, place, &[verb]).json(&body)).await
    }
}

fn has_label(card: &Card, label: LabelId) -> bool {
    // Where the answer does not tell the labels, the app is asked.
    card.labels
        .as_ref()
        .is_none_or(|labels| labels.iter().any(|known| known.id == label))
}

fn is_assigned(card: &Card, user: &str) -> bool {
    let users = card.assigned_users.iter().flatten();
    users.into_iter().any(|assigned| assigned.participant.id() == user)
}
