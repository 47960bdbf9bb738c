use http::Method;
use nc_proto::apps::deck::{Attachment, AttachmentId, AttachmentKind, Card, CardId};
use serde::Deserialize;

use super::{CardPlace, Deck, WhichCards, absent_or_refused, card_subject, list, object};
use crate::{Error, FileEntry, FileId, FilePath, ReadOptions, Reason, Subject, nextcloud::read_ocs, random::new_uid};

/// The kind of share that puts a file at a card.
const SHARE_WITH_CARD: u8 = 12;
/// Largest file that is copied to a card where files cannot be attached in place, in bytes.
const LARGEST_COPY: u64 = 16 * 1024 * 1024;

impl Deck<'_> {
    /// The attachments of a card, of both kinds where the server knows both.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn attachments(&self, place: CardPlace) -> Result<Vec<Attachment>, Error> {
        self.card(place).await?;
        let path = attachments_path(place);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let subject = Subject::new(format!("the attachments of card {}", place.card));
        let later = list(self.later(Method::GET, &path, subject.clone())).await;
        let mut found: Vec<Attachment> = match later {
            Err(Error::NotFound { .. }) => list(self.request(Method::GET, &path, subject)).await?,
            result => result?,
        };
        found.retain(|attachment| attachment.deleted_at == 0);
        self.retain_shown(&mut found).await?;
        Ok(found)
    }

    /// Deletes an attachment. What lies inside of the card goes; a file of the user stays where it is.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn delete_attachment(
        &self,
        place: CardPlace,
        kind: AttachmentKind,
        id: AttachmentId,
    ) -> Result<(), Error> {
        let subject = Subject::new(format!("attachment {id} ({}) of card {}", kind.as_str(), place.card));
        let known = self.attachments(place).await?;
        if !known.iter().any(|one| one.id == id && one.kind == kind.as_str()) {
            return Err(Error::not_found(subject));
        }
        let (mut path, id) = (attachments_path(place), id.to_string());
        let base = path.clone();
        path.extend([kind.as_str().to_owned(), id.clone()]);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match super::done(self.later(Method::DELETE, &path, subject.clone())).await {
            // The attachment was seen, so the route is missing.
            Err(Error::NotFound { .. }) if kind == AttachmentKind::DeckFile => {
                let mut path: Vec<&str> = base.iter().map(String::as_str).collect();
                path.push(&id);
                super::done(self.request(Method::DELETE, &path, subject)).await
            }
            result => result,
        }
    }

    /// Attaches a file of the user to a card, in place: people who see the card can read it. Where the server cannot do
    /// that, a copy is put at the card.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the file is not there; [`Error::TooLarge`] if a copy would be larger than 16 MiB;
    /// [`Error::Forbidden`] if the card is not there or may not be changed; otherwise as for every call.
    pub async fn attach(&self, card: CardId, path: &FilePath) -> Result<Attached, Error> {
        // What tags hide is not found here.
        let entry = self.0.files().stat(path).await?;
        if entry.kind == crate::FileKind::Directory {
            return Err(Error::invalid(
                "path",
                format!("\"{path}\" is a folder; give the path of a file"),
            ));
        }
        match self.share(card, &entry.path).await {
            Ok(id) => Ok(Attached {
                id,
                path: entry.path.to_string(),
                is_copy: false,
            }),
            // No sharing here, none with cards, or none by this credential; or the file is at the card already. A missing
            // card is named by the look for it.
            Err(
                Error::NotFound { .. }
                | Error::Forbidden { .. }
                | Error::Refused { .. }
                | Error::ServerError { status: 501, .. },
            ) => self.attach_copy(card, &entry).await,
            Err(error) => Err(absent_or_refused(error)),
        }
    }

    async fn share(&self, card: CardId, path: &FilePath) -> Result<AttachmentId, Error> {
        #[derive(Deserialize)]
        struct Share {
            id: AttachmentId,
        }
        let body = serde_json::json!({
            "path": path.to_string(),
            "shareType": SHARE_WITH_CARD,
            "shareWith": card.to_string(),
            "permissions": 1,
        });
        let place = ["apps", "files_sharing", "api", "v1", "shares"];
        let request = self.0.ocs(Method::POST, &place, card_subject(card)).json(&body);
        let (share, _): (Share, _) = read_ocs(request).await?;
        Ok(share.id)
    }

    async fn attach_copy(&self, card: CardId, entry: &FileEntry) -> Result<Attached, Error> {
        let path = &entry.path;
        let place = self.find_card(card).await?;
        let known = self.attachments(place).await?;
        let id = entry.file_id.map(|id| id.0);
        let is_same = |one: &&Attachment| id.is_some() && one.extended_data.fileid == id;
        if let Some(same) = known.iter().find(is_same) {
            return Ok(Attached {
                id: same.id,
                path: path.to_string(),
                is_copy: false,
            });
        }
        let options = ReadOptions {
            max_bytes: LARGEST_COPY,
            ..ReadOptions::default()
        };
        let file = self.0.files().read(path, &options).await?;
        if file.total_size > LARGEST_COPY {
            return Err(Error::TooLarge {
                subject: Subject::new(format!("\"{path}\"")),
                limit_bytes: Some(LARGEST_COPY),
            });
        }
        let name = path.name().unwrap_or("file");
        let kind = file.content_type.as_deref().unwrap_or("application/octet-stream");
        let border = format!("part-{}", new_uid());
        let body = form(&border, name, kind, &file.bytes);
        let to = attachments_path(place);
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let request = self
            .later(Method::POST, &to, card_subject(card))
            .body(body.into())
            .header("content-type", format!("multipart/form-data; boundary={border}"));
        let made: Attachment = object(request).await?;
        Ok(Attached {
            id: made.id,
            path: made.extended_data.path.unwrap_or(made.data),
            is_copy: true,
        })
    }

    /// The place of a card of which only the number is known: one request a board.
    async fn find_card(&self, card: CardId) -> Result<CardPlace, Error> {
        for board in self.boards().await?.iter().filter(|board| !board.archived) {
            for stack in self.stacks(board.id, WhichCards::Current).await? {
                if stack.cards.iter().any(|known| known.id == card) {
                    return Ok(CardPlace {
                        board: board.id,
                        stack: stack.id,
                        card,
                    });
                }
            }
        }
        Err(Error::Forbidden {
            subject: card_subject(card),
            reason: Reason::ours("it was not found, or you have no permission"),
        })
    }

    /// Takes attachments out of a card that tags hide.
    pub(super) async fn hide_attachments(&self, card: &mut Card) -> Result<(), Error> {
        match &mut card.attachments {
            Some(attachments) => self.retain_shown(attachments).await,
            None => Ok(()),
        }
    }

    async fn retain_shown(&self, attachments: &mut Vec<Attachment>) -> Result<(), Error> {
        let place = |attachment: &Attachment| {
            let extended = &attachment.extended_data;
            (extended.path.clone(), extended.fileid.map(FileId))
        };
        self.0.files().retain_shown(attachments, place).await
    }
}

/// What was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its number, of the kind `file`.
    pub id: AttachmentId,
    /// The file that is attached.
    pub path: String,
    /// Whether it is a copy.
    pub is_copy: bool,
}

fn attachments_path(place: CardPlace) -> Vec<String> {
    vec![
        "boards".to_owned(),
        place.board.to_string(),
        "stacks".to_owned(),
        place.stack.to_string(),
        "cards".to_owned(),
        place.card.to_string(),
        "attachments".to_owned(),
    ]
}

/// A form with a file (RFC 7578). The name has neither control characters nor line ends, since a path cannot.
fn form(border: &str, name: &str, kind: &str, bytes: &[u8]) -> bytes::Bytes {
    let name = name.replace('\\', "\\\\").replace('"', "%22");
    let head = format!(
        "--{border}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nfile\r\n--{border}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    [head.as_bytes(), bytes, format!("\r\n--{border}--\r\n").as_bytes()]
        .concat()
        .into()
}
