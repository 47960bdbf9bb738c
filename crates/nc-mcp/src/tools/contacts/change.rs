//! Changing contacts.

use nc_client::{Contacts, Subject};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::vcard::{Card, PatchError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    input::{ContactData, patch},
    output::{Contact, Photos, contact},
    wanted_etag,
};
use crate::{context::Context, errors::OrFail};

/// Who wrote a card, as cards say it.
const PRODUCT: &str = "-//nextcloud-mcp//nextcloud-mcp//EN";

#[derive(Deserialize, JsonSchema)]
pub(super) struct CreateContact {
    /// Uri of the address book.
    #[schemars(length(min = 1))]
    addressbook: String,
    /// Identifier of the new contact, unique in the address book. Empty for one that is made up.
    #[serde(default)]
    uid: String,
    /// The fields. At least a name: `fn`, or `given_name` and `family_name`.
    #[schemars(with = "ContactData")]
    contact_data: Map<String, Value>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct UpdateContact {
    /// Uri of the address book.
    #[schemars(length(min = 1))]
    addressbook: String,
    /// The uid of the contact.
    #[schemars(length(min = 1))]
    uid: String,
    /// The fields to change, as in `nc_contacts_create_contact`. The value null clears a field.
    contact_data: Map<String, Value>,
    /// Etag of the last read. Without it the contact is read first and changed as it is then.
    #[serde(default)]
    etag: String,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct DeleteContact {
    /// Uri of the address book.
    #[schemars(length(min = 1))]
    addressbook: String,
    /// The uid of the contact.
    #[schemars(length(min = 1))]
    uid: String,
    /// Etag of the last read. Without it the contact is deleted as it is now.
    #[serde(default)]
    etag: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Changed {
    success: bool,
    timestamp: String,
    /// As it is stored now.
    contact: Contact,
    addressbook: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Deletion {
    success: bool,
    timestamp: String,
    deleted_uid: String,
    addressbook: String,
    message: String,
}

pub(super) async fn create_contact(context: Context, arguments: CreateContact) -> Result<Changed, Failure> {
    let patch = patch(&arguments.contact_data)?;
    let contacts = context.client.contacts();
    let book = contacts.book(&arguments.addressbook).await.or_fail()?;
    let uid = match arguments.uid.trim() {
        "" => Contacts::new_uid(),
        uid => uid.to_owned(),
    };
    let mut card = Card::new(&uid, PRODUCT);
    card.apply(&patch).map_err(|error| refusal(&error))?;
    let stored = contacts.create(&book, &card).await.or_fail()?;
    Ok(Changed {
        success: true,
        timestamp: context.timestamp(),
        contact: contact(&book.uri, stored, Photos::Hidden),
        addressbook: book.uri,
    })
}

pub(super) async fn update_contact(context: Context, arguments: UpdateContact) -> Result<Changed, Failure> {
    let patch = patch(&arguments.contact_data)?;
    if patch.is_empty() {
        return Err(ToolError::invalid_argument("argument `contact_data` names no field to change").into());
    }
    let etag = wanted_etag(&arguments.etag)?;
    let contacts = context.client.contacts();
    let book = contacts.book(&arguments.addressbook).await.or_fail()?;
    let place = contacts.place(&book, &arguments.uid).await.or_fail()?;
    // Held until the write is done: what others change at the same time is read after it.
    let _turn = contacts.turn(&place).await.or_fail()?;
    let mut read = contacts.get(&place, subject(&arguments.uid)).await.or_fail()?;
    let mut card = read.card.clone();
    card.apply(&patch).map_err(|error| refusal(&error))?;
    // The version that the caller saw decides, and the cloud compares it, not this server.
    read.etag = etag.or(read.etag);
    let stored = contacts.replace(&book, &read, &card).await.or_fail()?;
    Ok(Changed {
        success: true,
        timestamp: context.timestamp(),
        contact: contact(&book.uri, stored, Photos::Hidden),
        addressbook: book.uri,
    })
}

pub(super) async fn delete_contact(context: Context, arguments: DeleteContact) -> Result<Deletion, Failure> {
    let etag = wanted_etag(&arguments.etag)?;
    let contacts = context.client.contacts();
    let book = contacts.book(&arguments.addressbook).await.or_fail()?;
    let mut read = contacts.find(&book, &arguments.uid).await.or_fail()?;
    read.etag = etag.or(read.etag);
    contacts.delete(&book, &read).await.or_fail()?;
    Ok(Deletion {
        success: true,
        timestamp: context.timestamp(),
        message: format!("contact {:?} is deleted", arguments.uid),
        deleted_uid: arguments.uid,
        addressbook: book.uri,
    })
}

fn subject(uid: &str) -> Subject {
    Subject::new(format!("contact {uid:?}"))
}

fn refusal(error: &PatchError) -> Failure {
    let text = match error {
        PatchError::NoName => {
            "argument `contact_data`: a contact needs a name: give fn, or given_name and family_name".to_owned()
        }
        PatchError::PropertyName(name) => format!(
            "argument `contact_data`: custom_fields cannot set {name:?}: use the field of its own, or a name of letters, digits and -"
        ),
    };
    ToolError::invalid_argument(text).into()
}
