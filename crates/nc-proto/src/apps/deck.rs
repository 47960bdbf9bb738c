//! The Deck app, versions 1.0 and 1.1 of its interface (source: nextcloud/deck, `docs/API.md`).
//!
//! A board has stacks (the columns of its page), a stack has cards. Times of the app itself are seconds since 1970, dates
//! that people set are RFC 3339 text. A `deletedAt` above 0 marks what was deleted and can still be brought back.

mod attachment;
mod board;
mod card;
mod comment;
mod id;
mod person;
mod stack;

pub use attachment::{Attachment, AttachmentCreator, AttachmentKind, ExtendedData, FileInfo, NewAttachment};
pub use board::{Acl, AclMask, Board, BoardPatch, BoardRights, Label, LabelContent, NewAcl, NewBoard, Settings};
pub use card::{Card, CardContent, LabelAssignment, NewCard, Placement, UserAssignment};
pub use comment::{COMMENT_LIMIT, Comment, Mention, NewComment};
pub use id::{AclId, AttachmentId, BoardId, CardId, CommentId, LabelId, StackId};
pub use person::{Assignment, Participant, Person};
pub use stack::{Stack, StackContent};

#[cfg(test)]
mod tests;
