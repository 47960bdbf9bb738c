//! Addresses for people's browsers.

use url::Url;

use crate::{BaseUrl, Client, FileId, nextcloud::Nextcloud};
use nc_proto::apps::{
    deck::{BoardId, CardId},
    notes::NoteId,
};

/// A page of the web interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebPage {
    /// The start page.
    Home,
    /// A note, in the Notes app.
    Note(NoteId),
    /// A board, in the Deck app.
    Board(BoardId),
    /// A card on its board.
    Card(BoardId, CardId),
    /// A file or folder, in the Files app.
    File(FileId),
    /// The page where app passwords are made and taken back.
    SecuritySettings,
}

impl Nextcloud {
    /// The address of a page, as people's browsers reach it.
    pub fn web_url(&self, page: WebPage) -> Url {
        let base: &BaseUrl = self.config().public_url.as_ref().unwrap_or(&self.config().base_url);
        let path = match page {
            WebPage::Home => "/".to_owned(),
            WebPage::Note(id) => format!("/index.php/apps/notes/note/{id}"),
            WebPage::Board(board) => format!("/index.php/apps/deck/board/{board}"),
            WebPage::Card(board, card) => format!("/index.php/apps/deck/board/{board}/card/{card}"),
            WebPage::File(id) => format!("/index.php/f/{id}"),
            WebPage::SecuritySettings => "/index.php/settings/user/security".to_owned(),
        };
        let mut url = base.as_url().clone();
        url.set_path(&format!("{}{path}", base.subpath()));
        url
    }
}

impl Client {
    /// The address of a page, as people's browsers reach it.
    pub fn web_url(&self, page: WebPage) -> Url {
        self.nextcloud.web_url(page)
    }
}
