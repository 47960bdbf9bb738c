//! Contacts as results show them.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use nc_client::StoredCard;
use nc_proto::vcard::{self, Detail, Photo};
use schemars::JsonSchema;
use serde::Serialize;

/// Largest picture that an answer holds, in bytes. A picture of this size is some ten thousand tokens.
const LARGEST_PHOTO: usize = 24 * 1024;

/// A mail address, phone number, postal address or page.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Entry {
    /// Kinds in lower case, joined by commas: `home`, `work,cell`.
    r#type: String,
    /// The value. Of a postal address, its parts on one line.
    value: String,
    /// What the person calls it.
    label: Option<String>,
    /// Whether it is to be used first.
    preferred: bool,
    /// Of a postal address: box, extension, street, city, region, postal code, country.
    components: Option<Vec<String>>,
}

/// A contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Contact {
    /// Usable as argument.
    uid: String,
    resource_path: Option<String>,
    /// Name to show.
    r#fn: String,
    given_name: Option<String>,
    family_name: Option<String>,
    additional_names: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    nicknames: Vec<String>,
    organization: Option<String>,
    title: Option<String>,
    role: Option<String>,
    emails: Vec<Entry>,
    phones: Vec<Entry>,
    addresses: Vec<Entry>,
    urls: Vec<Entry>,
    note: Option<String>,
    /// A data URI for small pictures, an address for those elsewhere. Only with `include_photos`.
    photo: Option<String>,
    has_photo: bool,
    /// What the picture is, if it is not in `photo`: media type and size in bytes.
    photo_info: Option<String>,
    /// `YYYY-MM-DD`, or `--MM-DD` if the year is not known.
    birthday: Option<String>,
    /// As `birthday`.
    anniversary: Option<String>,
    categories: Vec<String>,
    /// Other properties of the card, by their names.
    custom_fields: BTreeMap<String, String>,
    etag: Option<String>,
    /// Uri of the address book.
    addressbook: String,
}

/// A group of contacts.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Group {
    uid: String,
    name: String,
    /// The uids of the members.
    members: Vec<String>,
}

/// Whether pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photos {
    /// Only that there is one.
    Hidden,
    /// As far as they are small.
    Shown,
}

pub(super) fn contact(book: &str, stored: StoredCard, photos: Photos) -> Contact {
    let read = stored.card.contact();
    let has_photo = read.photo.is_some();
    let (photo, photo_info) = read.photo.map_or((None, None), |photo| shown(photo, photos));
    let name = read.name.unwrap_or_default();
    Contact {
        uid: read.uid,
        resource_path: Some(stored.path.encode()),
        r#fn: read.full_name,
        given_name: said(name.given),
        family_name: said(name.family),
        additional_names: said(name.additional),
        prefix: said(name.prefix),
        suffix: said(name.suffix),
        nicknames: read.nicknames,
        organization: read.organization,
        title: read.title,
        role: read.role,
        emails: entries(read.emails),
        phones: entries(read.phones),
        addresses: entries(read.addresses),
        urls: entries(read.urls),
        note: read.note,
        photo,
        has_photo,
        photo_info,
        birthday: read.birthday.map(|day| day.to_string()),
        anniversary: read.anniversary.map(|day| day.to_string()),
        categories: read.categories,
        custom_fields: read.other.into_iter().collect(),
        etag: stored.etag.map(|etag| etag.to_string()),
        addressbook: book.to_owned(),
    }
}

pub(super) fn group(contact: vcard::Contact) -> Option<Group> {
    Some(Group {
        members: contact.group?.members,
        uid: contact.uid,
        name: contact.full_name,
    })
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn entries(details: Vec<Detail>) -> Vec<Entry> {
    let entry = |detail: Detail| Entry {
        r#type: detail.kind,
        value: detail.value,
        label: detail.label,
        preferred: detail.preferred,
        components: detail.components,
    };
    details.into_iter().map(entry).collect()
}

fn shown(photo: Photo, photos: Photos) -> (Option<String>, Option<String>) {
    match photo {
        Photo::Elsewhere(address) if photos == Photos::Shown => (Some(address), None),
        Photo::Elsewhere(_) => (None, Some("stored elsewhere".to_owned())),
        Photo::Embedded { media_type, bytes } if photos == Photos::Shown && bytes.len() <= LARGEST_PHOTO => (
            Some(format!("data:{media_type};base64,{}", STANDARD.encode(bytes))),
            None,
        ),
        Photo::Embedded { media_type, bytes } => (None, Some(format!("{media_type}, {} bytes", bytes.len()))),
    }
}
