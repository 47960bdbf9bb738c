//! The signing keys: made, published, used, retired and removed in a ring.
//!
//! next → active → retired → gone. A key is published a day before it signs, so that everybody who remembers the set knows it
//! by then, and stays published until nothing that it signed can still be good. Private keys are sealed where they are
//! stored.

mod life;
mod ring;
mod signing_key;
mod snapshot;

pub use life::KeyOptions;
pub use ring::KeyRing;
pub use signing_key::SigningKey;
