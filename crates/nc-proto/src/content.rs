//! Content lines of iCalendar (RFC 5545 §3.1) and vCard (RFC 6350 §3.2), changed in place.
//!
//! What is not changed is written back byte for byte: order, folding, line ends, parameters, properties that nobody
//! knows. A changed or new line is folded at 75 octets, between characters, with the line end of the text it is in.
//!
//! ```
//! use nc_proto::content::{Document, Property};
//!
//! let written = b"BEGIN:VCARD\r\nVERSION:3.0\r\nX-ODD;a=\"b;c\":kept\r\nFN:Ada\r\nEND:VCARD\r\n";
//! let mut document = Document::parse(written)?;
//! assert_eq!(document.to_bytes(), written);
//! let card = document.root_mut().expect("a card");
//! card.set(Property::text("FN", "Ada, Countess"));
//! assert_eq!(
//!     document.to_bytes(),
//!     b"BEGIN:VCARD\r\nVERSION:3.0\r\nX-ODD;a=\"b;c\":kept\r\nFN:Ada\\, Countess\r\nEND:VCARD\r\n"
//! );
//! # Ok::<(), nc_proto::content::ParseError>(())
//! ```

mod component;
mod document;
mod escape;
mod line;
mod property;

pub use component::{Component, Entry};
pub use document::{Document, ParseError};
pub use escape::{escape, split, unescape};
pub use property::{Parameter, Property};

#[cfg(test)]
mod tests;
