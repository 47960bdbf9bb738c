//! Address books and contacts, over `CardDAV` (RFC 6352).

use http::Method;
use nc_proto::{
    dav::{
        DavPath, Depth, Name, Response,
        addressbook::{
            AddressDataRequest, AddressbookFilter, AddressbookMultiget, AddressbookQuery, props::ADDRESS_DATA,
        },
        props::GETETAG,
    },
    vcard::Card,
};

use crate::{
    Client, Error, Reason, Subject,
    files::{read_multistatus, read_whole_multistatus},
    principal::place_of,
    request::Request,
};

mod book;
mod change;

pub use book::{AddressBook, BookKind};

use nc_proto::etag::ETag;

/// Cards that are asked for at once by their addresses. Each may hold a large picture.
const AT_ONCE: usize = 25;

/// The address books of one user.
#[derive(Debug, Clone, Copy)]
pub struct Contacts<'a>(pub(crate) &'a Client);

impl Client {
    /// The user's address books.
    pub const fn contacts(&self) -> Contacts<'_> {
        Contacts(self)
    }
}

/// A card and where it lies.
#[derive(Debug, Clone)]
pub struct StoredCard {
    /// Its place, from `remote.php` on.
    pub path: DavPath,
    /// Its version.
    pub etag: Option<ETag>,
    /// Its content; of a search, only the properties that were asked for.
    pub card: Card,
}

impl StoredCard {
    /// The name of the card in its address book.
    pub fn name(&self) -> &str {
        self.path.name().unwrap_or_default()
    }

    fn read(response: &Response) -> Option<Self> {
        let text = response.prop(&ADDRESS_DATA)?.content();
        let card = Card::parse(text.as_bytes())
            .inspect_err(|error| tracing::debug!(%error, "a card that cannot be read is left out"))
            .ok()?;
        Some(Self {
            path: place_of(&response.href)?,
            etag: response.prop_text(&GETETAG).as_deref().and_then(ETag::parse),
            card,
        })
    }
}

/// Cards that a query gave.
#[derive(Debug, Clone, Default)]
pub struct Cards {
    /// Those that could be read.
    pub cards: Vec<StoredCard>,
    /// How many could not.
    pub unreadable: usize,
    /// Whether the server left some out.
    pub truncated: bool,
}

impl Contacts<'_> {
    /// The cards of an address book that `filter` finds, with these properties of them; no names give all properties.
    ///
    /// # Errors
    /// As for every call.
    pub async fn query(
        &self,
        book: &AddressBook,
        filter: AddressbookFilter,
        properties: &[&str],
        limit: Option<u32>,
    ) -> Result<Cards, Error> {
        let query = AddressbookQuery {
            properties: vec![GETETAG],
            data: Some(wanted(properties)),
            filter,
            limit,
        };
        self.report(book, query.to_xml()).await
    }

    /// The places of the cards that `filter` finds, without their content.
    ///
    /// # Errors
    /// As for every call.
    pub async fn places(&self, book: &AddressBook, filter: AddressbookFilter) -> Result<Vec<DavPath>, Error> {
        let query = AddressbookQuery {
            properties: vec![GETETAG],
            data: None,
            filter,
            limit: None,
        };
        let request = self.request("REPORT", &book.path, subject(book))?;
        let request = request.slash().depth(Depth::One).xml(query.to_xml());
        let responses = read_whole_multistatus(&request.read().await?)?;
        let there = responses.iter().filter(|response| response.prop(&GETETAG).is_some());
        Ok(there.filter_map(|response| place_of(&response.href)).collect())
    }

    /// The cards at these places, in this order, with these properties. Those that are gone meanwhile are left out.
    ///
    /// # Errors
    /// As for every call.
    pub async fn cards(&self, book: &AddressBook, places: &[DavPath], properties: &[&str]) -> Result<Cards, Error> {
        let mut all = Cards::default();
        for some in places.chunks(AT_ONCE) {
            let mut hrefs = Vec::with_capacity(some.len());
            for place in some {
                hrefs.push(self.request("GET", place, subject(book))?.path()?);
            }
            let multiget = AddressbookMultiget {
                properties: vec![GETETAG],
                data: Some(wanted(properties)),
                hrefs,
            };
            let found = self.report(book, multiget.to_xml()).await?;
            all.unreadable += found.unreadable;
            all.cards.extend(found.cards);
        }
        let position = |card: &StoredCard| places.iter().position(|place| *place == card.path);
        all.cards.sort_by_cached_key(position);
        Ok(all)
    }

    /// The card at a place, whole.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn get(&self, place: &DavPath, subject: Subject) -> Result<StoredCard, Error> {
        let whole = self.request("GET", place, subject)?.read().await?;
        let card = Card::parse(&whole.body).map_err(|error| {
            tracing::debug!(%error, "a card cannot be read");
            whole.bad("something that is no contact card")
        })?;
        Ok(StoredCard {
            path: place.clone(),
            etag: whole.etag(),
            card,
        })
    }

    /// The card with a UID, whole. The name of a card need not be its UID, so the server is asked.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn find(&self, book: &AddressBook, uid: &str) -> Result<StoredCard, Error> {
        let place = self.place(book, uid).await?;
        self.get(&place, Subject::new(format!("contact {uid:?}"))).await
    }

    /// Where the card with a UID lies.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn place(&self, book: &AddressBook, uid: &str) -> Result<DavPath, Error> {
        self.find_place(book, uid).await?.ok_or_else(|| Error::NotFound {
            subject: Subject::new(format!("contact {uid:?}")),
            reason: Reason::none(),
        })
    }

    /// Where the card with a UID lies.
    async fn find_place(&self, book: &AddressBook, uid: &str) -> Result<Option<DavPath>, Error> {
        // Apple and others write `urn:uuid:` in front, and their members' lists do not; a text match finds both.
        let filter = AddressbookFilter::any_contains(["UID"], uid);
        let found = self.query(book, filter, &["UID", "FN", "N"], None).await?;
        let is_it = |wanted: &str, card: &StoredCard| {
            let said = card.card.uid().unwrap_or_default();
            said == wanted || said.strip_prefix("urn:uuid:") == Some(wanted)
        };
        let cards = &found.cards;
        let exact = cards.iter().find(|card| card.card.uid().as_deref() == Some(uid));
        let place = exact
            .or_else(|| cards.iter().find(|card| is_it(uid, card)))
            .map(|card| card.path.clone());
        Ok(place)
    }

    async fn report(&self, book: &AddressBook, document: Vec<u8>) -> Result<Cards, Error> {
        let request = self.request("REPORT", &book.path, subject(book))?;
        let request = request.slash().depth(Depth::One).xml(document);
        let limit = self.0.nextcloud.config().limits.listing_bytes;
        let mut found = Cards::default();
        read_multistatus(request.send().await?, limit, |response| {
            if response.status == Some(507) {
                found.truncated = true;
            } else if let Some(card) = StoredCard::read(&response) {
                found.cards.push(card);
            } else if response.prop(&GETETAG).is_some() {
                found.unreadable += 1;
            }
        })
        .await?;
        Ok(found)
    }

    fn request(&self, method: &str, path: &DavPath, subject: Subject) -> Result<Request<'_>, Error> {
        self.0.dav(Method::from_bytes(method.as_bytes()), path, subject)
    }
}

/// `address-data` with the properties that are wanted. Photos can be most of an address book.
fn wanted(properties: &[&str]) -> AddressDataRequest {
    AddressDataRequest {
        properties: (!properties.is_empty()).then(|| properties.iter().map(|name| (*name).to_owned()).collect()),
        ..AddressDataRequest::default()
    }
}

fn subject(book: &AddressBook) -> Subject {
    Subject::new(format!("address book {:?}", book.uri))
}

const HREF: Name = Name::dav("href");
