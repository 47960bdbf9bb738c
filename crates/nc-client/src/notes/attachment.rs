use bytes::Bytes;
use http::{Method, header};
use nc_proto::apps::notes::NoteId;

use super::Notes;
use crate::{Error, Subject};

/// A file's content, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The bytes.
    pub bytes: Bytes,
    /// The media type that the server named, if any.
    pub content_type: Option<String>,
}

impl Notes<'_> {
    /// An attachment of a note, by the name that the note's text links to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if note or attachment are not there, [`Error::TooLarge`] if it is longer than `max_bytes`;
    /// otherwise as for every call.
    pub async fn attachment(&self, id: NoteId, name: &str, max_bytes: u64) -> Result<FileContent, Error> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::invalid(
                "name",
                "give the attachment's name as the note links to it",
            ));
        }
        let version = self.attachment_version().await?;
        let subject = Subject::new(format!("attachment \"{name}\" of note {id}"));
        let path = ["api", &version, "attachment", &id.to_string()];
        let request = self
            .0
            .app("notes", Method::GET, &path, subject.clone())
            .query("path", name);
        // Lengths are only comparable without compression.
        let mut answer = request.header("accept-encoding", "identity").send().await?;
        let content_type = answer
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        answer.body = answer.body.limited_to(max_bytes);
        let bytes = answer.body.collect().await.map_err(|broken| match broken {
            crate::answer::Broken::TooLong(limit) => Error::TooLarge {
                subject,
                limit_bytes: Some(limit),
            },
            broken => broken.into_error(subject, answer.status),
        })?;
        Ok(FileContent { bytes, content_type })
    }

    /// The highest version of the interface, such as `v1.4`; attachments came with 1.4.
    async fn attachment_version(&self) -> Result<String, Error> {
        let capabilities = self.0.capabilities().await?;
        let Some(notes) = capabilities.notes() else {
            return Err(Error::AppMissing { app: "notes" });
        };
        let number = |version: &str| -> Option<(u32, u32)> {
            let (major, minor) = version.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        let highest = notes
            .api_version
            .iter()
            .filter_map(|version| number(version))
            .filter(|(major, _)| *major == 1)
            .max();
        match highest {
            Some((major, minor)) if minor >= 4 => Ok(format!("v{major}.{minor}")),
            _ => Err(Error::invalid(
                "name",
                "this Nextcloud has a version of Notes without attachments",
            )),
        }
    }
}
