use std::{fmt, io, pin::Pin};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, StatusCode};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

/// Bytes as they come.
pub type BodyStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Where a share of another server appears among a person's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteMount {
    /// The share here.
    pub share_id: String,
    /// Its number in the sharing API.
    pub number: i64,
    /// Where.
    pub at: DavPath,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// What it allows, as the other server said.
    pub permissions: SharePermissions,
    /// Who owns it there. Text of a stranger.
    pub owner: String,
    /// When it was shared.
    pub created_at: i64,
    /// Whether the other server has refused the share's credential: nothing is asked there any more.
    pub is_refused: bool,
}

/// What is sent along.
pub enum RemoteBody {
    /// Nothing.
    Empty,
    /// A body that can be sent again.
    Bytes(Bytes),
    /// A body that can be sent once.
    Stream {
        /// The bytes.
        stream: BodyStream,
        /// How many, if that is known.
        length: Option<u64>,
    },
}

/// A request about something in a mount.
pub struct RemoteRequest {
    /// A method of HTTP or WebDAV.
    pub method: Method,
    /// Where in the mount; the root is what is shared.
    pub path: DavPath,
    /// For MOVE and COPY: the other place in the same mount.
    pub destination: Option<DavPath>,
    /// Headers to pass on, such as `Range`, `If-Match`, `Depth`. Only [`passed_on`](super::passed_on) of them go out.
    pub headers: HeaderMap,
    /// The body.
    pub body: RemoteBody,
}

/// What the other server answered, whatever the status but 401, which is an error.
pub struct RemoteAnswer {
    /// The status.
    pub status: StatusCode,
    /// Headers that may be passed on: [`passed_back`](super::passed_back) of those that came.
    pub headers: HeaderMap,
    /// The path on the other server that stands for the mount: what addresses in a multistatus begin with. Not
    /// percent-encoded, without a slash at the end.
    pub base: DavPath,
    /// The body.
    pub body: BodyStream,
}

impl fmt::Debug for RemoteAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RemoteAnswer({})", self.status)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The other server cannot be reached, or asked to be left alone.
    #[error("remote server unavailable")]
    Unavailable {
        /// Seconds until the next try, if that is known.
        retry_after_s: Option<u32>,
    },
    /// The other server takes the credential of the share no more.
    #[error("access was revoked by the sender")]
    Revoked,
    /// The credential ended while a body was on its way that cannot be sent again.
    #[error("the body has to be sent again")]
    SendAgain,
    /// There is no such share any more.
    #[error("there is no such share")]
    NotFound,
    /// The cause is on this side.
    #[error("the request could not be made")]
    Failed,
}
