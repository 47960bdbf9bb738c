//! The properties of address books.

use crate::dav::{CARDDAV, Name};

/// The text of a card.
pub const ADDRESS_DATA: Name = Name::constant(CARDDAV, "address-data");
/// What people wrote about an address book.
pub const ADDRESSBOOK_DESCRIPTION: Name = Name::constant(CARDDAV, "addressbook-description");
/// The formats that an address book takes.
pub const SUPPORTED_ADDRESS_DATA: Name = Name::constant(CARDDAV, "supported-address-data");
/// The collations that filters know.
pub const SUPPORTED_COLLATION_SET: Name = Name::constant(CARDDAV, "supported-collation-set");
/// The largest card, in bytes.
pub const MAX_RESOURCE_SIZE: Name = Name::constant(CARDDAV, "max-resource-size");
/// Where a person's address books are.
pub const ADDRESSBOOK_HOME_SET: Name = Name::constant(CARDDAV, "addressbook-home-set");
/// The mark of an address book in `d:resourcetype`.
pub const ADDRESSBOOK: Name = Name::constant(CARDDAV, "addressbook");
/// Whether a person wants to see an address book.
pub const ENABLED: Name = Name::oc("enabled");
