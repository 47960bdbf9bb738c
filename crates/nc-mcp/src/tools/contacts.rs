//! Contacts: address books, and who is in them.

use nc_auth::Scope::{ContactsRead, ContactsWrite};
use nc_client::{AddressBook, BookKind, ETag};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod change;
mod input;
mod list;
mod output;
#[cfg(test)]
mod tests;

use super::CONTACTS;
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            CONTACTS,
            ContactsRead,
            Hints::READ,
            "nc_contacts_list_addressbooks",
            "List Address Books",
            "Lists the address books: the default one, others that can be changed, read-only ones. Those that the cloud keeps itself, accounts and recent people, have kind system or recent.",
            list_addressbooks,
        ),
        row(
            CONTACTS,
            ContactsRead,
            Hints::READ,
            "nc_contacts_list_contacts",
            "List Contacts",
            "Lists the contacts of one address book by name, in parts. For more pass next_offset as offset. \
             Groups are not persons and come in their own list.",
            list::list_contacts,
        ),
        row(
            CONTACTS,
            ContactsRead,
            Hints::READ,
            "nc_contacts_search_contacts",
            "Search Contacts",
            "Finds contacts whose name, nickname, organisation, mail address, phone number, note or category contains the query, in all address books or the one named. The cloud's own book of all accounts is searched only if named.",
            list::search_contacts,
        ),
        row(
            CONTACTS,
            ContactsWrite,
            Hints::ADD,
            "nc_contacts_create_addressbook",
            "Create Address Book",
            "Creates an address book.",
            create_addressbook,
        ),
        row(
            CONTACTS,
            ContactsWrite,
            Hints::DELETE,
            "nc_contacts_delete_addressbook",
            "Delete Address Book",
            "Deletes an address book with all contacts in it, for good. One that somebody else shares only vanishes from the own list.",
            delete_addressbook,
        ),
        row(
            CONTACTS,
            ContactsWrite,
            Hints::ADD,
            "nc_contacts_create_contact",
            "Create Contact",
            "Creates a contact. Fails with already_exists if the address book has one with this uid.",
            change::create_contact,
        ),
        row(
            CONTACTS,
            ContactsWrite,
            Hints::DELETE,
            "nc_contacts_delete_contact",
            "Delete Contact",
            "Deletes a contact, unless it changes at the same moment. Fails with not_found if there is none with this uid.",
            change::delete_contact,
        ),
        row(
            CONTACTS,
            ContactsWrite,
            Hints::REPLACE,
            "nc_contacts_update_contact",
            "Update Contact",
            "Changes the fields of a contact that contact_data names and leaves everything else as it is. A list such as emails is given whole: what is missing in it goes. Null clears a field. Fails with conflict if the contact changed meanwhile.",
            change::update_contact,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct NoArguments {}

/// An address book.
#[derive(Serialize, JsonSchema)]
struct Book {
    /// Name in addresses. Usable as argument.
    uri: String,
    /// Name for people.
    displayname: String,
    description: Option<String>,
    /// Changes with every change in the book.
    ctag: Option<String>,
    /// `own`, `shared`, `recent` or `system`.
    kind: &'static str,
    /// Account of the owner, if somebody shares it.
    owner: Option<String>,
    read_only: bool,
}

#[derive(Serialize, JsonSchema)]
struct Books {
    success: bool,
    timestamp: String,
    addressbooks: Vec<Book>,
    total_count: u64,
}

#[derive(Deserialize, JsonSchema)]
struct CreateBook {
    /// Name in addresses: short, without slashes. It cannot be changed later.
    #[schemars(length(min = 1))]
    name: String,
    /// Name for people.
    #[schemars(length(min = 1))]
    display_name: String,
}

#[derive(Deserialize, JsonSchema)]
struct DeleteBook {
    /// Uri of the address book.
    #[schemars(length(min = 1))]
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct BookDone {
    success: bool,
    timestamp: String,
    name: String,
    addressbook: Option<Book>,
    message: String,
}

fn shown(book: AddressBook) -> Book {
    Book {
        uri: book.uri,
        displayname: book.display_name,
        description: book.description,
        ctag: book.ctag,
        kind: match book.kind {
            BookKind::Own => "own",
            BookKind::Shared => "shared",
            BookKind::Recent => "recent",
            BookKind::System => "system",
        },
        owner: book.owner,
        read_only: book.read_only,
    }
}

async fn list_addressbooks(context: Context, _: NoArguments) -> Result<Books, Failure> {
    let books = context.client.contacts().books().await.or_fail()?;
    Ok(Books {
        success: true,
        timestamp: context.timestamp(),
        total_count: books.len() as u64,
        addressbooks: books.into_iter().map(shown).collect(),
    })
}

async fn create_addressbook(context: Context, arguments: CreateBook) -> Result<BookDone, Failure> {
    let contacts = context.client.contacts();
    let book = contacts
        .create_book(&arguments.name, &arguments.display_name)
        .await
        .or_fail()?;
    Ok(BookDone {
        success: true,
        timestamp: context.timestamp(),
        name: book.uri.clone(),
        message: format!("address book {:?} is there", book.uri),
        addressbook: Some(shown(book)),
    })
}

async fn delete_addressbook(context: Context, arguments: DeleteBook) -> Result<BookDone, Failure> {
    let book = exact_book(&context, &arguments.name).await?;
    context.client.contacts().delete_book(&book).await.or_fail()?;
    Ok(BookDone {
        success: true,
        timestamp: context.timestamp(),
        message: match book.kind {
            BookKind::Shared => format!(
                "address book {:?} is no longer in the list; its owner still has it",
                book.uri
            ),
            _ => format!("address book {:?} and its contacts are deleted", book.uri),
        },
        name: book.uri,
        addressbook: None,
    })
}

/// The address book of this uri, and no other that is only called so: what is deleted must be clear.
async fn exact_book(context: &Context, uri: &str) -> Result<AddressBook, Failure> {
    let book = context.client.contacts().book(uri).await.or_fail()?;
    if book.uri == uri {
        return Ok(book);
    }
    Err(ToolError::invalid_argument(format!(
        "argument `name`: {uri:?} is what people call the address book; its uri is {:?}",
        book.uri
    ))
    .into())
}

/// Reads an etag argument; an empty one is none.
fn wanted_etag(text: &str) -> Result<Option<ETag>, Failure> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    super::files::etag("etag", text).map(Some)
}
