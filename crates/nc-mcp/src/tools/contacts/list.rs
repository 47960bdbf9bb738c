//! Looking into address books.

use nc_client::{AddressBook, BookKind, StoredCard};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::dav::{DavPath, addressbook::AddressbookFilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::output::{self, Contact, Group, Photos, contact};
use crate::{context::Context, errors::OrFail};

/// Contacts of a part when the caller names no limit.
const DEFAULT_CONTACTS: u32 = 100;
const MAX_CONTACTS: u32 = 500;
/// Hits of a search when the caller names no limit.
const DEFAULT_HITS: u32 = 50;
/// Groups and their members that a listing shows.
const MAX_GROUPS: usize = 100;

/// What is asked of a card to sort it: nothing that is large.
const NAMES: &[&str] = &[
    "VERSION",
    "UID",
    "FN",
    "N",
    "NICKNAME",
    "ORG",
    "EMAIL",
    "TEL",
    "KIND",
    "MEMBER",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ADDRESSBOOKSERVER-MEMBER",
];

/// What can be searched.
const SEARCHED: [&str; 8] = ["FN", "N", "NICKNAME", "ORG", "EMAIL", "TEL", "NOTE", "CATEGORIES"];

/// Longest query: nobody is called longer.
const LONGEST_QUERY: usize = 200;

#[derive(Deserialize, JsonSchema)]
pub(super) struct ListContacts {
    /// Uri of the address book.
    #[schemars(length(min = 1))]
    addressbook: String,
    /// Whether small pictures come along, large in text.
    #[serde(default)]
    include_photos: bool,
    /// Most contacts to return, 1 to 500. 100 if not given, 10 with pictures.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// How many contacts to skip.
    #[serde(default)]
    #[schemars(range(min = 0))]
    offset: u64,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct SearchContacts {
    /// Text to be found, in any case.
    #[schemars(length(min = 1, max = 200))]
    query: String,
    /// Uri of the address book. All that hold persons if not given.
    addressbook: Option<String>,
    /// Whether small pictures come along, large in text.
    #[serde(default)]
    include_photos: bool,
    /// Most contacts to return, 1 to 500. 50 if not given, 10 with pictures.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Listed {
    success: bool,
    timestamp: String,
    contacts: Vec<Contact>,
    addressbook: String,
    /// All contacts of the address book, also those not in this part.
    total_count: u64,
    /// Whether contacts are missing in this part.
    truncated: bool,
    /// Where the next part begins.
    next_offset: Option<u64>,
    /// Groups of contacts that are cards of their own, in the first part.
    groups: Vec<Group>,
    /// What could not be read.
    notes: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    success: bool,
    timestamp: String,
    contacts: Vec<Contact>,
    /// The address book that was searched, empty for all.
    addressbook: String,
    /// How many are in this answer.
    total_count: u64,
    /// Whether there are more. A longer query finds fewer.
    truncated: bool,
    /// What could not be read.
    notes: Vec<String>,
}

pub(super) async fn list_contacts(context: Context, arguments: ListContacts) -> Result<Listed, Failure> {
    let contacts = context.client.contacts();
    let book = contacts.book(&arguments.addressbook).await.or_fail()?;
    let everything = AddressbookFilter::default();
    let known = contacts.query(&book, everything, NAMES, None).await.or_fail()?;
    let mut notes = unreadable_note(known.unreadable, known.truncated);
    let (group_cards, mut people): (Vec<_>, Vec<_>) = known
        .cards
        .into_iter()
        .map(|stored| (stored.card.contact(), stored.path))
        .partition(|(contact, _)| contact.group.is_some());
    people.sort_by_cached_key(|(contact, path)| (contact.full_name.to_lowercase(), path.encode()));
    let total = people.len();
    let limit = limit(arguments.limit, DEFAULT_CONTACTS, arguments.include_photos);
    let offset = usize::try_from(arguments.offset).unwrap_or(usize::MAX).min(total);
    let places: Vec<DavPath> = people
        .into_iter()
        .skip(offset)
        .take(limit)
        .map(|(_, path)| path)
        .collect();
    let next = offset + places.len();
    let shown = show(&context, &book, places, arguments.include_photos).await?;
    let mut groups: Vec<Group> = Vec::new();
    if offset == 0 {
        if group_cards.len() > MAX_GROUPS {
            notes.push(format!("{} groups are not shown", group_cards.len() - MAX_GROUPS));
        }
        let few = group_cards.into_iter().take(MAX_GROUPS);
        groups.extend(few.filter_map(|(contact, _)| output::group(contact)));
    }
    Ok(Listed {
        success: true,
        timestamp: context.timestamp(),
        contacts: shown,
        addressbook: book.uri,
        total_count: total as u64,
        truncated: next < total,
        next_offset: (next < total).then_some(next as u64),
        groups,
        notes,
    })
}

pub(super) async fn search_contacts(context: Context, arguments: SearchContacts) -> Result<Found, Failure> {
    let query = arguments.query.trim();
    if query.is_empty() || query.chars().count() > LONGEST_QUERY {
        return Err(ToolError::invalid_argument("argument `query` must be a text of 1 to 200 characters").into());
    }
    let contacts = context.client.contacts();
    let named = arguments.addressbook.as_deref().filter(|name| !name.is_empty());
    let books = if let Some(name) = named {
        vec![contacts.book(name).await.or_fail()?]
    } else {
        let mut books = contacts.books().await.or_fail()?;
        books.retain(|book| matches!(book.kind, BookKind::Own | BookKind::Shared));
        books
    };
    let limit = limit(arguments.limit, DEFAULT_HITS, arguments.include_photos);
    let mut found = Vec::new();
    let mut notes = Vec::new();
    let mut truncated = false;
    for book in books {
        let filter = AddressbookFilter::any_contains(SEARCHED, query);
        // One more than shown tells whether there are more.
        let most = u32::try_from(limit + 1).ok();
        let hits = contacts.query(&book, filter, NAMES, most).await.or_fail()?;
        notes.extend(unreadable_note(hits.unreadable, false));
        truncated |= hits.truncated;
        let mut hits: Vec<StoredCard> = hits.cards;
        hits.retain(|stored| stored.card.contact().group.is_none());
        hits.sort_by_cached_key(|stored| stored.card.contact().full_name.to_lowercase());
        let room = limit - found.len();
        truncated |= hits.len() > room;
        let places = hits.into_iter().take(room).map(|stored| stored.path).collect();
        found.extend(show(&context, &book, places, arguments.include_photos).await?);
        if found.len() == limit {
            // Whether the books that are left have hits is not known.
            truncated |= named.is_none();
            break;
        }
    }
    Ok(Found {
        success: true,
        timestamp: context.timestamp(),
        total_count: found.len() as u64,
        contacts: found,
        addressbook: named.unwrap_or_default().to_owned(),
        truncated,
        notes,
    })
}

/// Reads the cards of a part, without pictures unless they are wanted.
async fn show(
    context: &Context,
    book: &AddressBook,
    places: Vec<DavPath>,
    include_photos: bool,
) -> Result<Vec<Contact>, Failure> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let contacts = context.client.contacts();
    let cards = contacts.cards(book, &places, &[]).await.or_fail()?;
    let photos = if include_photos { Photos::Shown } else { Photos::Hidden };
    let shown = cards.cards.into_iter();
    Ok(shown.map(|stored| contact(&book.uri, stored, photos)).collect())
}

/// Pictures make an answer large, so fewer contacts come with them unless the caller says how many.
fn limit(wanted: Option<u32>, default: u32, include_photos: bool) -> usize {
    let default = if include_photos { 10 } else { default };
    wanted.unwrap_or(default).clamp(1, MAX_CONTACTS) as usize
}

fn unreadable_note(unreadable: usize, truncated: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if unreadable > 0 {
        notes.push(format!("{unreadable} cards could not be read and are left out"));
    }
    if truncated {
        notes.push("the cloud left contacts out of its answer".to_owned());
    }
    notes
}
