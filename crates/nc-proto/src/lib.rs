//! Wire formats of Nextcloud, spoken from both sides, without I/O.
//!
//! * [`account`]: who a credential belongs to.
//! * [`apps`]: interfaces of single apps.
//! * [`capabilities`]: what a server can do for a user.
//! * [`clock`]: the time as an argument.
//! * [`content`]: the lines of iCalendar and vCard, changed in place.
//! * [`dav`]: `WebDAV` as Nextcloud speaks it.
//! * [`etag`]: version marks.
//! * [`ical`]: calendar objects.
//! * [`login_flow`]: app passwords by Login Flow v2.
//! * [`oauth`]: OAuth 2.0 and `OpenID` Connect, from both sides.
//! * [`public_url`]: addresses that strangers name, to be fetched from.
//! * [`ocm`]: Open Cloud Mesh, between servers.
//! * [`ocs`]: the envelope of OCS answers.
//! * [`status`]: the state that everybody may see.
//! * [`tolerant`]: reading what PHP writes.
//! * [`vcard`]: contacts, changed in place.

pub mod account;
pub mod apps;
pub mod capabilities;
pub mod clock;
pub mod content;
pub mod dav;
pub mod etag;
pub mod ical;
pub mod login_flow;
pub mod oauth;
pub mod ocm;
pub mod ocs;
pub mod public_url;
pub mod status;
mod strict_json;
pub mod tolerant;
pub mod vcard;
