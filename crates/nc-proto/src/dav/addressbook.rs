//! The messages of `CardDAV` (RFC 6352), read by the server and written by the client.

mod filter;
mod matching;
pub mod props;
mod reports;
#[cfg(test)]
mod tests;

pub use filter::{AddressbookFilter, CardParamFilter, CardParamTest, CardPropFilter, CardPropTest, FilterTest};
pub use reports::{AddressDataRequest, AddressbookMultiget, AddressbookQuery};
