//! Files at cards.

use nc_auth::{
    Scope::{DeckRead, DeckWrite, FilesRead, NotesRead},
    ScopeSet,
};
use nc_client::{Attached, Attachment, AttachmentId, AttachmentKind, CardId, FileId, FilePath, NoteId, WebPage};
use nc_mcp_kit::{Failure, Hints, ToolError};
use nc_proto::apps::deck::ExtendedData;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CardRef, answers::Object};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
    tools::{DECK, files::path},
};

pub(super) fn rows() -> Vec<Row> {
    let files = ScopeSet::EMPTY.with(DeckWrite).with(FilesRead);
    vec![
        row(
            DECK,
            files,
            Hints::ADD,
            "deck_attach_file",
            "Attach File to Deck Card",
            "Attaches your file to a card. Members of the board can read it.",
            attach_file,
        ),
        row(
            DECK,
            files.with(NotesRead),
            Hints::ADD,
            "deck_attach_note",
            "Attach Note to Deck Card",
            "Attaches your note to a card. Members of the board can read it.",
            attach_note,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_list_attachments",
            "List Deck Card Attachments",
            "Lists the attachments of a card. Type and id together name one.",
            list,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_attachment",
            "Delete Deck Card Attachment",
            "Removes an attachment. With type file, the file itself stays.",
            delete,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct AttachFile {
    /// The card.
    card_id: i64,
    /// File, from your root.
    path: String,
}

#[derive(Deserialize, JsonSchema)]
struct AttachNote {
    /// The card.
    card_id: i64,
    /// Id of the note.
    note_id: i64,
}

fn deck_file() -> String {
    AttachmentKind::DeckFile.as_str().to_owned()
}

#[derive(Deserialize, JsonSchema)]
struct DeleteAttachment {
    #[serde(flatten)]
    card: CardRef,
    /// Id of the attachment.
    attachment_id: i64,
    /// Its type, `deck_file` or `file`.
    #[serde(default = "deck_file")]
    attachment_type: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttachmentView {
    id: i64,
    card_id: i64,
    #[serde(rename = "type")]
    kind: String,
    data: String,
    last_modified: i64,
    created_at: i64,
    created_by: String,
    deleted_at: i64,
    #[schemars(with = "Object")]
    extended_data: ExtendedData,
    url: Option<String>,
}

impl AttachmentView {
    pub(super) fn new(context: &Context, attachment: Attachment) -> Self {
        let mut extended_data = attachment.extended_data;
        // Name and mail address of somebody else help nobody here.
        extended_data.attachment_creator = None;
        let file = extended_data.fileid.map(|id| WebPage::File(FileId(id)));
        Self {
            id: attachment.id.0,
            card_id: attachment.card_id.0,
            kind: attachment.kind,
            data: attachment.data,
            last_modified: attachment.last_modified,
            created_at: attachment.created_at,
            created_by: attachment.created_by,
            deleted_at: attachment.deleted_at,
            url: file.map(|page| context.client.web_url(page).to_string()),
            extended_data,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct AttachmentMade {
    success: bool,
    timestamp: String,
    attachment_id: i64,
    card_id: i64,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AttachmentList {
    success: bool,
    timestamp: String,
    results: Vec<AttachmentView>,
    count: usize,
}

#[derive(Serialize, JsonSchema)]
struct AttachmentDone {
    success: bool,
    timestamp: String,
    status_code: Option<u16>,
    message: Option<String>,
    card_id: i64,
    attachment_id: i64,
}

async fn attach(context: &Context, card: i64, path: &FilePath) -> Result<AttachmentMade, Failure> {
    let Attached { id, path, is_copy } = context.client.deck().attach(CardId(card), path).await.or_fail()?;
    Ok(AttachmentMade {
        success: true,
        timestamp: context.timestamp(),
        attachment_id: id.0,
        card_id: card,
        path,
        message: is_copy.then(|| "the cloud cannot attach files in place, so this is a copy".to_owned()),
    })
}

async fn attach_file(context: Context, arguments: AttachFile) -> Result<AttachmentMade, Failure> {
    let path = path("path", &arguments.path)?;
    attach(&context, arguments.card_id, &path).await
}

async fn attach_note(context: Context, arguments: AttachNote) -> Result<AttachmentMade, Failure> {
    let notes = context.client.notes();
    let note = notes.get(NoteId(arguments.note_id)).await.or_fail()?;
    let place = if let Some(place) = note.internal_path {
        place
    } else {
        // Older apps do not tell where the file lies.
        let settings = notes.settings().await.or_fail()?;
        let (folder, suffix) = (settings.notes_path, settings.file_suffix);
        format!("{folder}/{}/{}{suffix}", note.category, note.title)
    };
    let path = FilePath::parse(&place).or_fail()?;
    attach(&context, arguments.card_id, &path).await
}

async fn list(context: Context, card: CardRef) -> Result<AttachmentList, Failure> {
    let attachments = context.client.deck().attachments(card.place()).await.or_fail()?;
    let results = attachments.into_iter().map(|one| AttachmentView::new(&context, one));
    let results: Vec<AttachmentView> = results.collect();
    Ok(AttachmentList {
        success: true,
        timestamp: context.timestamp(),
        count: results.len(),
        results,
    })
}

async fn delete(context: Context, arguments: DeleteAttachment) -> Result<AttachmentDone, Failure> {
    let kind = AttachmentKind::parse(&arguments.attachment_type)
        .ok_or_else(|| ToolError::invalid_argument("argument `attachment_type` must be `deck_file` or `file`"))?;
    let (place, id) = (arguments.card.place(), AttachmentId(arguments.attachment_id));
    context
        .client
        .deck()
        .delete_attachment(place, kind, id)
        .await
        .or_fail()?;
    let message = match kind {
        AttachmentKind::DeckFile => "the attachment was deleted with its content",
        AttachmentKind::File => "the file is no longer at the card; the file itself stays where it is",
    };
    Ok(AttachmentDone {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(message.to_owned()),
        card_id: place.card.0,
        attachment_id: id.0,
    })
}
