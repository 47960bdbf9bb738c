//! Contacts: vCard 3.0 (RFC 2426), 4.0 (RFC 6350), and what is left of 2.1, read and changed in place.
//!
//! A card is read into a [`Contact`] and changed by a [`ContactPatch`]. What the patch does not name stays byte for
//! byte: groups, parameters, order, properties that nobody knows. The version is never raised.

mod birthday;
mod card;
mod contact;
mod groups;
mod list;
mod patch;
mod photo;
mod value;

pub use birthday::Birthday;
pub use card::{Card, CardError, Version};
pub use contact::{Contact, Detail, PersonName};
pub use groups::Group;
pub use patch::{ContactPatch, NewDetail, PatchError, Wish};
pub use photo::Photo;

#[cfg(test)]
mod tests;
