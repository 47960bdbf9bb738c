//! Typed Nextcloud client.
//!
//! [`Nextcloud`] is one server, reached through a [`Transport`]; [`Nextcloud::client`] gives a cheap [`Client`] for one
//! [`Credential`]; the client gives a handle per app: [`Client::notes`], [`Client::files`]. Every failure is an
//! [`Error`], by what the caller can do about it.

mod account;
mod answer;
mod base_url;
mod body;
mod config;
mod credential;
mod error;
mod fresh;
mod links;
mod login_flow;
mod nextcloud;
mod notes;
mod observe;
mod random;
mod request;
mod send;
mod transport;

pub use base_url::BaseUrl;
pub use body::{Body, BoxError};
pub use config::{ClientConfig, Limits, RetryPolicy, Timeouts, Tls, UploadPolicy, Verification};
pub use credential::Credential;
pub use error::{Current, Error, Reason, Subject};
pub use links::WebPage;
pub use login_flow::{Grant, LoginFlow, Poll};
pub use nc_proto::{
    account::CloudUser,
    apps::notes::{NewNote, Note, NoteEntry, NoteId, NotePatch, NotesSettings, SettingsPatch},
    capabilities::Capabilities,
    dav::{ETag, Permissions},
    status::ServerStatus,
};
pub use nextcloud::{Client, Nextcloud};
pub use notes::{CategoryFilter, FileContent, Notes, NotesFilter};
pub use observe::{Exchange, Observer};
pub use transport::{Exchange as PendingAnswer, HttpTransport, InProcess, Transport, TransportError, TransportFailure};
