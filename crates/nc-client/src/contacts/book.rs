use std::cmp::Reverse;

use nc_proto::dav::{
    CALENDARSERVER, DavPath, Depth, Element, Name, Propfind, Response,
    addressbook::props::{ADDRESSBOOK, ADDRESSBOOK_DESCRIPTION, ENABLED},
    calendar::MakeCollection,
    props,
};

use super::{Contacts, HREF};
use crate::{Error, Reason, Subject, files::read_multistatus, principal::place_of};

const GETCTAG: Name = Name::constant(CALENDARSERVER, "getctag");
const SYNC_TOKEN: Name = Name::dav("sync-token");
const OWNER: Name = Name::dav("owner");
const OWNER_PRINCIPAL: Name = Name::oc("owner-principal");
const OWNER_DISPLAYNAME: Name = Name::nc("owner-displayname");
const READ_ONLY: Name = Name::oc("read-only");
const PRIVILEGES: Name = Name::dav("current-user-privilege-set");
const PRIVILEGE: Name = Name::dav("privilege");
const DELETED_AT: Name = Name::nc("deleted-at");

/// The address book that every account has, and that new contacts go into.
const DEFAULT_BOOK: &str = "contacts";

/// Where an address book comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookKind {
    /// The user's own.
    Own,
    /// Somebody shares it with the user.
    Shared,
    /// Those whom the user wrote to lately; an app keeps it.
    Recent,
    /// All accounts of the server; the server keeps it.
    System,
}

/// An address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressBook {
    /// Its name in addresses.
    pub uri: String,
    /// Its place, from `remote.php` on.
    pub path: DavPath,
    /// Its name for people.
    pub display_name: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Changes with every change in it.
    pub ctag: Option<String>,
    /// From where changes can be asked for.
    pub sync_token: Option<String>,
    /// Where it comes from.
    pub kind: BookKind,
    /// Whose it is, if it is somebody else's.
    pub owner: Option<String>,
    /// Whether the user may change what is in it.
    pub read_only: bool,
    /// Whether the user wants to see it.
    pub enabled: bool,
}

impl Contacts<'_> {
    /// The address books that the user sees: the default one first, those that can be written before others.
    ///
    /// # Errors
    /// As for every call.
    pub async fn books(&self) -> Result<Vec<AddressBook>, Error> {
        let principal = self.0.principal().await?;
        let asked = vec![
            props::RESOURCETYPE,
            props::DISPLAYNAME,
            ADDRESSBOOK_DESCRIPTION,
            GETCTAG,
            SYNC_TOKEN,
            OWNER,
            OWNER_PRINCIPAL,
            OWNER_DISPLAYNAME,
            READ_ONLY,
            PRIVILEGES,
            ENABLED,
            DELETED_AT,
        ];
        let request = self
            .request(
                "PROPFIND",
                principal.addressbook_home(),
                Subject::named("the address books"),
            )?
            .slash()
            .depth(Depth::One)
            .xml(Propfind::Prop(asked).to_document());
        let limit = self.0.nextcloud.config().limits.listing_bytes;
        let mut books = Vec::new();
        read_multistatus(request.send().await?, limit, |response| {
            books.extend(AddressBook::read(&response, principal.path()));
        })
        .await?;
        books.sort_by_key(|book| (book.read_only, Reverse(book.uri == DEFAULT_BOOK), book.kind));
        Ok(books)
    }

    /// The address book with a name.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn book(&self, uri: &str) -> Result<AddressBook, Error> {
        let mut books = self.books().await?;
        let by_uri = books.iter().position(|book| book.uri == uri);
        // People and models call it as they see it; that counts if it is clear which one is meant.
        let place = by_uri.or_else(|| {
            let mut named = (0..books.len()).filter(|at| books[*at].display_name == uri);
            named.next().filter(|_| named.next().is_none())
        });
        match place {
            Some(place) => Ok(books.swap_remove(place)),
            None => Err(Error::NotFound {
                subject: Subject::new(format!("address book {uri:?}")),
                reason: Reason::none(),
            }),
        }
    }

    /// Makes an address book.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; [`Error::InvalidInput`] if the name cannot be one; otherwise as for every call.
    pub async fn create_book(&self, uri: &str, display_name: &str) -> Result<AddressBook, Error> {
        if let Err(error) = nc_proto::dav::check_name(uri) {
            return Err(Error::invalid("name", error.to_string()));
        }
        let subject = Subject::new(format!("address book {uri:?}"));
        let principal = self.0.principal().await?;
        let path = principal.addressbook_home().child(uri);
        let document = MakeCollection::of_kinds([ADDRESSBOOK])
            .with(props::DISPLAYNAME, display_name)
            .to_xml();
        let request = self.request("MKCOL", &path, subject.clone())?.xml(document);
        match request.read().await {
            Ok(_) => self.book(uri).await,
            Err(Error::Refused { status: 405, .. }) => Err(Error::AlreadyExists {
                subject,
                current: Box::default(),
            }),
            Err(error) => Err(error),
        }
    }

    /// Deletes an address book with all contacts in it. One that is shared with the user only vanishes for the user.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for one that the server keeps; otherwise as for every call.
    pub async fn delete_book(&self, book: &AddressBook) -> Result<(), Error> {
        if matches!(book.kind, BookKind::System | BookKind::Recent) {
            return Err(book.is_kept_by_the_server());
        }
        let request = self.request("DELETE", &book.path, super::subject(book))?;
        request.slash().read().await?;
        Ok(())
    }
}

impl AddressBook {
    fn read(response: &Response, principal: &DavPath) -> Option<Self> {
        let kind = response.prop(&props::RESOURCETYPE)?;
        kind.find(&ADDRESSBOOK)?;
        if response.prop_text(&DELETED_AT).is_some() {
            return None;
        }
        let path = place_of(&response.href)?;
        let uri = path.name()?.to_owned();
        let owner = response
            .prop(&OWNER_PRINCIPAL)
            .or_else(|| response.prop(&OWNER))
            .map(|owner| owner.find_text(&HREF).unwrap_or_else(|| owner.content()))
            .and_then(|owner| owner.trim().trim_end_matches('/').rsplit('/').next().map(str::to_owned))
            .filter(|owner| !owner.is_empty() && Some(owner.as_str()) != principal.name());
        let kind = if uri.starts_with("z-server-generated--") {
            BookKind::System
        } else if uri.starts_with("z-app-generated--") {
            BookKind::Recent
        } else if owner.is_some() && uri.contains("_shared_by_") {
            BookKind::Shared
        } else {
            BookKind::Own
        };
        let says_read_only = response
            .prop_text(&READ_ONLY)
            .is_some_and(|text| text == "1" || text == "true");
        Some(Self {
            display_name: response.prop_text(&props::DISPLAYNAME).unwrap_or_else(|| uri.clone()),
            description: response.prop_text(&ADDRESSBOOK_DESCRIPTION),
            ctag: response.prop_text(&GETCTAG),
            sync_token: response.prop_text(&SYNC_TOKEN),
            owner: (kind == BookKind::Shared).then_some(owner).flatten(),
            read_only: says_read_only || matches!(kind, BookKind::System | BookKind::Recent) || !may_write(response),
            enabled: response.prop_text(&ENABLED).is_none_or(|text| text != "0"),
            kind,
            uri,
            path,
        })
    }

    pub(super) fn is_kept_by_the_server(&self) -> Error {
        Error::Forbidden {
            subject: super::subject(self),
            reason: Reason::ours("the server keeps it"),
        }
    }

    /// Refuses a change that the server would refuse with words that nobody understands: it answers 404.
    pub(super) fn check_writable(&self) -> Result<(), Error> {
        if self.read_only {
            return Err(Error::Forbidden {
                subject: super::subject(self),
                reason: Reason::ours("it is read-only"),
            });
        }
        Ok(())
    }
}

/// Whether the privileges allow changes. A server that tells none is believed to allow them until it refuses.
fn may_write(response: &Response) -> bool {
    let Some(privileges) = response.prop(&PRIVILEGES) else {
        return true;
    };
    let names = privileges
        .elements()
        .filter(|privilege| privilege.name == PRIVILEGE)
        .flat_map(Element::names);
    names.into_iter().any(|name| {
        ["all", "write", "write-content", "bind"]
            .iter()
            .any(|granted| name == Name::dav(granted))
    })
}
