//! What the cloud says about itself.

/// The Nextcloud release whose behaviour we follow.
pub(crate) const MAJOR: u8 = 32;
pub(crate) const MINOR: u8 = 0;
pub(crate) const MICRO: u8 = 1;

/// The same, for people.
pub(crate) const STRING: &str = "32.0.1";

/// The same with Nextcloud's build number, as in `status.php`.
pub(crate) const BUILD: &str = "32.0.1.2";

/// The product's name.
pub(crate) const PRODUCT: &str = "nextcloud-mcp";
