//! `WebDAV` as Nextcloud speaks it, from both sides.
//!
//! * [`Name`], [`Element`]: namespace-aware XML, read with entities off, written by a writer only.
//! * [`ETag`], [`Depth`], [`DavPath`], [`Permissions`], [`date`]: the values in headers and properties.
//! * [`Propfind`], [`PropPatch`], [`Multistatus`], [`Search`], [`FilterFiles`], [`FilterComments`], [`LockInfo`], [`ErrorBody`]: the messages.
//! * [`calendar`], [`addressbook`]: the messages of `CalDAV` and `CardDAV`; [`SyncCollection`], [`ExpandProperty`] and
//!   [`PrincipalPropertySearch`]: the reports that both use.
//! * [`MultistatusReader`] and [`MultistatusWriter`]: the same answer in pieces, for folders of any size.

pub mod addressbook;
pub mod calendar;
pub mod date;
mod depth;
mod element;
mod error_body;
mod etag;
mod if_header;
mod lock;
mod multistatus;
mod name;
mod path;
mod permissions;
mod principal_reports;
mod propfind;
mod proppatch;
mod report;
mod search;
mod sync_collection;
mod text_match;

pub use crate::etag::ETag;
pub use calendar::props::APPLE;
pub use depth::Depth;
pub use element::{Element, Limits, Node, XmlError};
pub use error_body::ErrorBody;
pub use etag::ETagCondition;
pub use if_header::{IfCondition, IfHeader, IfList, IfState};
pub use lock::{ActiveLock, LockInfo, LockScope, LockTimeout, lock_token};
pub use multistatus::{Multistatus, MultistatusReader, MultistatusWriter, PropStat, Response};
pub use name::{CALDAV, CALENDARSERVER, CARDDAV, DAV, NEXTCLOUD, Name, OCM, OCS, OWNCLOUD, SABRE, props};
pub use path::{DavPath, LONGEST_NAME_BYTES, NameError, PathError, check_name, decode_segment, encode_segment};
pub use permissions::Permissions;
pub use principal_reports::{ExpandProperty, ExpandedProperty, PrincipalPropertySearch};
pub use propfind::Propfind;
pub use proppatch::{PropPatch, PropUpdate};
pub use report::{FilterComments, FilterFiles};
pub use search::{Comparison, Condition, Direction, Order, Scope, Search, escape_like};
pub use sync_collection::{SyncCollection, SyncLevel};
pub use text_match::{Collation, MatchKind, TextMatch};
