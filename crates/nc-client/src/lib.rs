//! Typed Nextcloud client.
//!
//! [`Nextcloud`] is one server, reached through a [`Transport`]; [`Nextcloud::client`] gives a cheap [`Client`] for one
//! [`Credential`]; the client gives a handle per app: [`Client::notes`], [`Client::files`]. Every failure is an
//! [`Error`], by what the caller can do about it.

mod account;
mod answer;
mod base_url;
mod body;
mod caldav;
mod config;
mod contacts;
mod cookbook;
mod credential;
mod deck;
mod error;
mod fallback;
mod files;
mod fresh;
mod links;
mod login_flow;
mod nextcloud;
mod notes;
mod observe;
mod principal;
mod random;
mod request;
mod send;
mod sharing;
mod tables;
mod transport;
mod writers;

pub use base_url::BaseUrl;
pub use body::{Body, BoxError};
pub use caldav::{
    AttendeeBusy, BusyKind, BusyTime, Calendar, CalendarChanges, CalendarKind, CalendarObject, CalendarPatch,
    Calendars, ComponentKind, FoundObject, ObjectFilter, StoredObject, SyncedObject, find_calendar,
};
pub use config::{ClientConfig, Limits, RetryPolicy, Timeouts, Tls, UploadPolicy, Verification};
pub use contacts::{AddressBook, BookKind, Cards, Contacts, StoredCard};
pub use cookbook::Cookbook;
pub use credential::Credential;
pub use deck::{Attached, CardPatch, CardPlace, Deck, Moved, Reordered, WhichCards};
pub use error::{Current, Error, Reason, Subject};
pub use fallback::{Fallback, KeptAppPassword, PendingAppPassword};
pub use files::{
    Comment, CommentPage, Commented, Decoded, Download, Encoding, FileEntry, FileId, FileKind, FileOrder, FilePath,
    FileQuery, FileSlice, Files, Found, LONGEST_COMMENT, ListOptions, Listing, Made, NamePattern, Overwrite, Placed,
    ReadOptions, Restored, SortKey, SystemTag, Tagging, TrashEntry, Version, WriteMode, WriteOptions, Written,
    decode_text,
};
pub use links::WebPage;
pub use login_flow::{Grant, LoginFlow, Poll};
pub use nc_proto::{
    account::CloudUser,
    apps::{
        cookbook::{
            Category as RecipeCategory, Config as CookbookConfig, ConfigPatch as CookbookConfigPatch, Recipe,
            RecipeEntry, RecipeId, RecipePatch, Version as CookbookVersion, duration,
        },
        deck::{
            Attachment, AttachmentId, AttachmentKind, Board, BoardId, Card, CardId, Comment as CardComment, CommentId,
            Label, LabelId, NewCard, Stack, StackId,
        },
        notes::{NewNote, Note, NoteEntry, NoteId, NotePatch, NotesSettings, SettingsPatch},
        sharing::{RemoteShare, Share, ShareId, SharePermissions, ShareType, Sharee, Sharees},
        tables::{CellError, Column, ColumnId, NodeKind, Row, RowData, RowId, Table, TableId, View, ViewId},
    },
    capabilities::Capabilities,
    dav::{DavPath, Permissions},
    etag::ETag,
    public_url::Hosts,
    status::ServerStatus,
};
pub use nextcloud::{Client, Nextcloud};
pub use notes::{CategoryFilter, FileContent, NotePages, Notes, NotesFilter};
pub use observe::{Exchange, Observer};
pub use principal::Principal;
pub use random::new_uid;
pub use sharing::{ChangedShare, NewShare, SharePatch, ShareQuery, ShareeQuery, Sharing, own_path};
pub use tables::{Tables, check_cell, row_data};
pub use transport::{Exchange as PendingAnswer, HttpTransport, InProcess, Transport, TransportError, TransportFailure};
pub use writers::WriterTurn;

/// The calls can be made from tasks that move between threads; the compiler checks it here.
#[cfg(test)]
mod send_futures {
    use super::{
        Client, FilePath, FileQuery, ListOptions, NoteId, NotePatch, NotesFilter, Overwrite, ReadOptions, RowId,
    };

    fn is_send<T: Send>(_: T) {}

    #[expect(dead_code, reason = "only compiled")]
    fn every_call(client: &'static Client, path: &'static FilePath) {
        let (files, notes) = (client.files(), client.notes());
        is_send(async move {
            let _ = files.list(path, &ListOptions::default()).await;
            let _ = files.stat(path).await;
            let _ = files.read(path, &ReadOptions::default()).await;
            let _ = files.download(path).await;
            let _ = files
                .write(
                    path,
                    Vec::new(),
                    &super::WriteMode::CreateNew,
                    &super::WriteOptions::default(),
                )
                .await;
            let _ = files.create_directory(path, true).await;
            let _ = files.delete(path, None).await;
            let _ = files.move_to(path, path, Overwrite::Never).await;
            let _ = files.search(&FileQuery::default()).await;
            let _ = files.favorites(1).await;
            let _ = files.set_favorite(path, true).await;
            let _ = files.trash().await;
            let _ = files.restore("").await;
            let _ = files.versions(path).await;
            let _ = files.restore_version(path, "").await;
            let _ = files.tags().await;
            let _ = files.tag(path, "", true).await;
            let _ = files.untag(path, "").await;
            let _ = files.comments(path, 1, 0).await;
            let _ = files.comment(path, "").await;
            let _ = notes.list(&NotesFilter::default()).await;
            let _ = notes.append(NoteId(1), "").await;
            let _ = client.contacts().books().await;
            let _ = client.cookbook().import("", super::Hosts::Public).await;
            let _ = client.cookbook().with_keywords(&[]).await;
            let _ = client.sharing().list(&super::ShareQuery::default()).await;
            let _ = client.deck().boards().await;
            let _ = client.tables().list().await;
            let _ = client.tables().delete_row(RowId(1), None).await;
            let _ = client.capabilities().await;
            drop(NotePatch::default());
        });
    }
}
