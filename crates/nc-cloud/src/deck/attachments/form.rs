//! Reading the form with an attachment. Files of the person's go to disk as they come; what lies inside a card is small and
//! stays in memory.

use axum::extract::{FromRequest, Request, multipart::MultipartError};
use http::StatusCode;
use nc_proto::apps::deck::AttachmentKind;

use crate::{
    Cloud,
    content::{Staged, check_storable},
    deck::error::DeckError,
    form::{Field, Form},
};

/// Largest attachment that lies inside a card.
const MAX_INSIDE_BYTES: usize = 16 << 20;

/// Longest word for the type.
const LONGEST_KIND: usize = 64;

const NO_FILE: &str = "send the attachment as multipart/form-data, with the fields type and file";

/// What was sent.
pub(super) struct Sent {
    pub(super) kind: AttachmentKind,
    /// A name that can be stored.
    pub(super) name: String,
    pub(super) content: Sending,
}

/// The bytes.
pub(super) enum Sending {
    Memory(Vec<u8>),
    Disk(Box<Staged>),
}

impl Sending {
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, DeckError> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            // It was meant for a file; the type came after it.
            Self::Disk(_) => Err(DeckError::invalid("send the field type before the field file")),
        }
    }

    pub(super) async fn into_staged(self, cloud: &Cloud) -> Result<Staged, DeckError> {
        match self {
            Self::Disk(staged) => Ok(*staged),
            Self::Memory(bytes) => {
                let mut staged = cloud.content().stage(None).await?;
                staged.write(&bytes).await?;
                Ok(staged)
            }
        }
    }
}

/// Reads the form. `default` is the type when none is given.
pub(super) async fn read(cloud: &Cloud, request: Request, default: AttachmentKind) -> Result<Sent, DeckError> {
    let form = Form::from_request(request, &()).await;
    let mut form = form.map_err(|_| DeckError::invalid(NO_FILE))?;
    let mut kind = default;
    let mut file = None;
    while let Some(field) = form.next().await.map_err(|error| broken(&error))? {
        if field.file_name().is_some() && file.is_none() {
            let name = stored_name(field.file_name().unwrap_or_default())?;
            let content = match kind {
                AttachmentKind::DeckFile => Sending::Memory(collect(field).await?),
                AttachmentKind::File => Sending::Disk(Box::new(stage(cloud, field).await?)),
            };
            file = Some((name, content));
        } else if field.name() == Some("type") {
            let text = collect(field).await?;
            let text = String::from_utf8(text).unwrap_or_default();
            let known = Some(text.as_str()).filter(|text| text.len() <= LONGEST_KIND);
            kind = known
                .and_then(AttachmentKind::parse)
                .ok_or_else(|| DeckError::invalid("type must be deck_file or file"))?;
        }
    }
    let (name, content) = file.ok_or_else(|| DeckError::invalid(NO_FILE))?;
    Ok(Sent { kind, name, content })
}

async fn collect(mut field: Field<'_>) -> Result<Vec<u8>, DeckError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > MAX_INSIDE_BYTES {
            return Err(DeckError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn stage(cloud: &Cloud, mut field: Field<'_>) -> Result<Staged, DeckError> {
    let mut staged = cloud.content().stage(None).await?;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        staged.write(&chunk).await?;
    }
    Ok(staged)
}

fn broken(error: &MultipartError) -> DeckError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => DeckError::TooLarge,
        _ => DeckError::invalid("the form broke off"),
    }
}

/// The last part of what the sender calls the file: a path says nothing about where it lies here.
fn stored_name(sent: &str) -> Result<String, DeckError> {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    check_storable(name).map_err(|error| DeckError::invalid(error.to_string()))?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_name_is_cut_off_and_what_is_left_must_be_a_name() {
        for (sent, stored) in [
            ("note.txt", "note.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\alice\\a.txt", "a.txt"),
            ("/abs/olute.txt", "olute.txt"),
        ] {
            assert_eq!(stored_name(sent).unwrap(), stored, "{sent}");
        }
        for sent in ["", "..", ".", "a/..", "a/", ".htaccess", "x.part", "a\nb", "a\0b"] {
            assert!(stored_name(sent).is_err(), "{sent:?}");
        }
    }
}
