//! Comments on files (source: Nextcloud developer manual, "Comments").

use http::{Method, header};
use nc_proto::dav::{FilterComments, Name, Response, date};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    FileEntry, FilePath, Files,
    listing::read_whole_multistatus,
    system_tags::{file_id, last_number},
};
use crate::{Error, Subject, request::Request};

/// Most characters of a comment.
pub const LONGEST_COMMENT: usize = 1000;

/// What somebody said about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: i64,
    /// The text.
    pub message: String,
    /// Id of the one who wrote it.
    pub actor_id: String,
    /// What that is; `users` for people with an account.
    pub actor_type: String,
    /// The name of the one who wrote it.
    pub actor_display_name: Option<String>,
    /// When it was written.
    pub created: Option<OffsetDateTime>,
    /// What it is; `comment` where people write.
    pub verb: String,
    /// Whether the user has not read it.
    pub is_unread: bool,
    /// The comment that it answers.
    pub parent_id: Option<i64>,
}

/// A part of the comments on a file.
#[derive(Debug, Clone, PartialEq)]
pub struct CommentPage {
    /// The file.
    pub entry: FileEntry,
    /// The comments, the latest first.
    pub comments: Vec<Comment>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A comment that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Commented {
    /// The file.
    pub entry: FileEntry,
    /// The comment's number, if it could be found out.
    pub id: Option<i64>,
}

impl Comment {
    fn read(response: &Response) -> Option<Self> {
        let text = |name: &'static str| response.prop_text(&Name::oc(name));
        Some(Self {
            id: response.prop_number(&Name::oc("id"))?,
            // As it is: line breaks at its ends are part of it.
            message: response.prop(&Name::oc("message"))?.content(),
            actor_id: text("actorId").unwrap_or_default(),
            actor_type: text("actorType").unwrap_or_default(),
            actor_display_name: text("actorDisplayName"),
            created: text("creationDateTime").and_then(|time| date::parse_http(&time)),
            verb: text("verb").unwrap_or_default(),
            is_unread: text("isUnread").is_some_and(|text| text == "true" || text == "1"),
            parent_id: response
                .prop_number(&Name::oc("parentId"))
                .filter(|parent| *parent != 0),
        })
    }
}

impl Files<'_> {
    /// Comments on a file, the latest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn comments(&self, path: &FilePath, limit: u32, offset: u32) -> Result<CommentPage, Error> {
        let entry = self.stat(path).await?;
        let mut comments = self.comments_of(&entry, limit.saturating_add(1), offset).await?;
        let truncated = comments.len() > limit as usize;
        comments.truncate(limit as usize);
        Ok(CommentPage {
            entry,
            comments,
            truncated,
        })
    }

    /// Writes a comment on a file.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InvalidInput`] if it is empty or longer than [`LONGEST_COMMENT`] characters; otherwise
    /// as for every call.
    pub async fn comment(&self, path: &FilePath, message: &str) -> Result<Commented, Error> {
        let message = message.trim();
        let characters = message.chars().count();
        if characters == 0 {
            return Err(Error::invalid("message", "it is empty"));
        }
        if characters > LONGEST_COMMENT {
            let why = format!("it has {characters} characters, and a comment has at most {LONGEST_COMMENT}");
            return Err(Error::invalid("message", why));
        }
        let entry = self.stat(path).await?;
        let body = json!({ "actorType": "users", "verb": "comment", "message": message });
        let whole = self.comment_request("POST", &entry)?.json(&body).read().await?;
        let address = whole.headers.get(header::CONTENT_LOCATION);
        let id = match address.and_then(|address| last_number(address.to_str().ok()?)) {
            Some(id) => Some(id),
            None => self.newest_saying(&entry, message).await,
        };
        Ok(Commented { entry, id })
    }

    /// The latest own comment with that text. It is written; that a look for it fails does not change that.
    async fn newest_saying(&self, entry: &FileEntry, message: &str) -> Option<i64> {
        let user = self.user_id().await.ok()?;
        let comments = self.comments_of(entry, 10, 0).await.ok()?;
        let same = comments
            .iter()
            .filter(|comment| comment.actor_id == user && comment.message.trim() == message);
        same.map(|comment| comment.id).max()
    }

    async fn comments_of(&self, entry: &FileEntry, limit: u32, offset: u32) -> Result<Vec<Comment>, Error> {
        let report = FilterComments {
            limit: Some(limit),
            offset: Some(offset),
            since: None,
        };
        let whole = self
            .comment_request("REPORT", entry)?
            .xml(report.to_document())
            .read()
            .await?;
        Ok(read_whole_multistatus(&whole)?
            .iter()
            .filter_map(Comment::read)
            .collect())
    }

    /// A request about the comments on a file that was looked at.
    fn comment_request(&self, method: &str, entry: &FileEntry) -> Result<Request<'_>, Error> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| Error::invalid("method", "it is unknown"))?;
        let file = file_id(entry)?;
        let segments = ["remote.php", "dav", "comments", "files", &file];
        let segments = segments.map(str::to_owned).to_vec();
        let subject = Subject::new(format!("the comments on \"{}\"", entry.path));
        Ok(self.0.request(method, segments, subject))
    }
}
