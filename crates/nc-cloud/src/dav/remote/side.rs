use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use nc_auth::federation::{BodyStream, RemoteBody, RemoteRequest};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, ETag, Propfind, Response as Entry, date, props},
};
use tokio_util::io::ReaderStream;

use super::{Remote, conditions, forward, listing};
use crate::{
    content::{self, ContentError, Precondition, WriteOptions},
    dav::{
        DavError, put, tree,
        visit::{Visit, need},
    },
    sharing::Spot,
};

/// Most entries of one folder that go from server to server at once.
const MOST_ENTRIES: usize = 10_000;

/// A place of a journey from server to server.
#[derive(Clone)]
pub(super) enum Side {
    /// Among the files here.
    Here(Box<Spot>),
    /// In what another server shares.
    There(Remote),
}

/// What is at a place.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) is_folder: bool,
    pub(super) modified_at: Option<i64>,
    pub(super) tag: Option<ETag>,
}

/// Content on its way.
pub(super) struct Content {
    pub(super) pieces: BodyStream,
    pub(super) length: Option<u64>,
    pub(super) modified_at: Option<i64>,
}

impl Side {
    pub(super) fn child(&self, name: &str) -> Self {
        match self {
            Self::Here(spot) => Self::Here(Box::new(Spot {
                path: spot.path.child(name),
                ..(**spot).clone()
            })),
            Self::There(remote) => Self::There(Remote {
                path: remote.path.child(name),
                ..remote.clone()
            }),
        }
    }

    pub(super) fn need(&self, wanted: SharePermissions) -> Result<(), DavError> {
        match self {
            Self::Here(spot) => need(spot, wanted),
            Self::There(remote) => remote.need(wanted),
        }
    }

    /// What is there, if anything.
    pub(super) async fn look(&self, visit: &Visit) -> Result<Option<Node>, DavError> {
        match self {
            Self::Here(spot) => {
                let entry = spot.home.find(&spot.path).await;
                let entry = entry.map_err(|error| visit.refuse_at(spot, error))?;
                Ok(entry.map(|entry| of_entry(&entry)))
            }
            Self::There(remote) => {
                let told = match told(visit, remote, false).await {
                    Err(error) if error.status() == StatusCode::NOT_FOUND => return Ok(None),
                    told => told?,
                };
                let here = told.into_iter().find(|(below, _)| *below == remote.path);
                Ok(here.map(|(_, entry)| of_response(&entry)))
            }
        }
    }

    /// What lies directly in a folder.
    pub(super) async fn children(&self, visit: &Visit) -> Result<Vec<(String, Node)>, DavError> {
        match self {
            Self::Here(spot) => {
                let entries = spot.home.list(&spot.path).await;
                let entries = entries.map_err(|error| visit.refuse_at(spot, error))?;
                Ok(entries
                    .iter()
                    .map(|entry| (entry.name().to_owned(), of_entry(entry)))
                    .collect())
            }
            Self::There(remote) => {
                let mut all = Vec::new();
                for (below, entry) in told(visit, remote, true).await? {
                    if let Some(name) = below.name().filter(|_| below.parent().as_ref() == Some(&remote.path)) {
                        all.push((name.to_owned(), of_response(&entry)));
                    }
                }
                Ok(all)
            }
        }
    }

    /// The content of a file.
    pub(super) async fn open(&self, visit: &Visit) -> Result<Content, DavError> {
        match self {
            Self::Here(spot) => {
                let opened = spot.home.open(&spot.path).await;
                let (entry, file) = opened.map_err(|error| visit.refuse_at(spot, error))?;
                Ok(Content {
                    pieces: Box::pin(ReaderStream::new(file)),
                    length: Some(entry.size_bytes),
                    modified_at: Some(entry.modified_at),
                })
            }
            Self::There(remote) => {
                let mut request = remote.request(Method::GET);
                let plain = HeaderValue::from_static("identity");
                request.headers.insert(header::ACCEPT_ENCODING, plain);
                let answer = remote.send(visit, request).await?;
                if answer.status != StatusCode::OK {
                    return Err(remote.refuse_status(visit, answer.status));
                }
                let text = |name| {
                    answer
                        .headers
                        .get(name)
                        .and_then(|value: &HeaderValue| value.to_str().ok())
                };
                if text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
                    return Err(DavError::of_remote(StatusCode::BAD_GATEWAY));
                }
                let modified_at = text(header::LAST_MODIFIED).and_then(date::parse_http);
                Ok(Content {
                    length: text(header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok()),
                    modified_at: modified_at.map(time::OffsetDateTime::unix_timestamp),
                    pieces: answer.body,
                })
            }
        }
    }

    /// Writes a file: a new one, or in place of what has the tag that `replaced` has.
    pub(super) async fn write(&self, visit: &Visit, content: Content, replaced: Option<&Node>) -> Result<(), DavError> {
        match self {
            Self::Here(spot) => {
                let precondition = replaced.map_or(Precondition::CreateOnly, Node::unchanged);
                let options = WriteOptions {
                    precondition,
                    modified_at: content.modified_at,
                    lock_tokens: visit.lock_tokens()?,
                    ..WriteOptions::default()
                };
                let staged = put::stage(visit, &spot.home, content.pieces, None, content.length, 0).await?;
                let written = spot.home.commit(&spot.path, staged, options).await;
                written.map(drop).map_err(|error| refuse_target(visit, spot, error))
            }
            Self::There(remote) => {
                let mut request = RemoteRequest {
                    body: RemoteBody::Stream {
                        stream: content.pieces,
                        length: content.length,
                    },
                    ..remote.request(Method::PUT)
                };
                match replaced.map(|replaced| replaced.tag.as_ref()) {
                    None => request
                        .headers
                        .insert(header::IF_NONE_MATCH, HeaderValue::from_static("*")),
                    Some(Some(tag)) => request.headers.insert(header::IF_MATCH, tag_value(tag)?),
                    Some(None) => request.headers.insert(header::IF_MATCH, HeaderValue::from_static("*")),
                };
                if let Some(seconds) = content.modified_at {
                    request
                        .headers
                        .insert(HeaderName::from_static("x-oc-mtime"), seconds.into());
                }
                remote.change(visit, request).await
            }
        }
    }

    pub(super) async fn make_folder(&self, visit: &Visit) -> Result<(), DavError> {
        match self {
            Self::Here(spot) => {
                let made = spot.home.make_folder(&spot.path, visit.lock_tokens()?).await;
                made.map(drop).map_err(|error| refuse_target(visit, spot, error))
            }
            Self::There(remote) => {
                let request = remote.request(forward::method(b"MKCOL")?);
                remote.change(visit, request).await
            }
        }
    }

    /// Removes what is there, if it still is what was looked at. Of a folder on another server that cannot be demanded: a stock
    /// Nextcloud answers 412 to every condition on one.
    pub(super) async fn remove(&self, visit: &Visit, seen: Option<&Node>) -> Result<(), DavError> {
        match self {
            Self::Here(spot) => {
                let precondition = seen.map_or(Precondition::Overwrite, Node::unchanged);
                let deleted = spot
                    .home
                    .delete_if(&spot.path, precondition, visit.lock_tokens()?)
                    .await;
                deleted.map_err(|error| visit.refuse_at(spot, error))
            }
            Self::There(remote) => {
                let mut request = remote.request(Method::DELETE);
                let file = seen.filter(|seen| !seen.is_folder);
                if let Some(tag) = file.and_then(|seen| seen.tag.as_ref()) {
                    request.headers.insert(header::IF_MATCH, tag_value(tag)?);
                }
                remote.change(visit, request).await
            }
        }
    }
}

impl Remote {
    /// Asks for a change that is a part of a larger one.
    async fn change(&self, visit: &Visit, mut request: RemoteRequest) -> Result<(), DavError> {
        conditions::submit_tokens(visit, &mut request.headers)?;
        let makes = request.method != Method::DELETE;
        let answer = self.send(visit, request).await?;
        match answer.status {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT if makes => Err(tree::no_folder()),
            status => Err(self.refuse_status(visit, status)),
        }
    }
}

impl Node {
    /// Whether another look finds the same. Folders are compared by what is in them.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same_file = self.tag == other.tag && self.modified_at == other.modified_at;
        self.is_folder == other.is_folder && (self.is_folder || same_file)
    }

    fn unchanged(&self) -> Precondition {
        let tag = self.tag.as_ref();
        tag.map_or(Precondition::Overwrite, Precondition::unchanged_since)
    }
}

fn refuse_target(visit: &Visit, spot: &Spot, error: ContentError) -> DavError {
    match error {
        ContentError::Exists(_) => tree::exists(),
        ContentError::ParentMissing(_) => tree::no_folder(),
        error => visit.refuse_at(spot, error),
    }
}

fn of_entry(entry: &content::Entry) -> Node {
    Node {
        is_folder: entry.is_folder(),
        modified_at: Some(entry.modified_at),
        tag: Some(entry.etag.clone()),
    }
}

fn of_response(entry: &Entry) -> Node {
    Node {
        is_folder: entry.is_collection(),
        modified_at: entry.last_modified().map(time::OffsetDateTime::unix_timestamp),
        tag: entry.prop_text(&props::GETETAG).and_then(|tag| ETag::parse(&tag)),
    }
}

async fn told(visit: &Visit, remote: &Remote, deep: bool) -> Result<Vec<(DavPath, Entry)>, DavError> {
    let question = Propfind::Prop(vec![props::RESOURCETYPE, props::GETETAG, props::GETLASTMODIFIED]);
    let (addresses, body) = listing::ask(visit, remote, &question, deep).await?;
    listing::collect(&addresses, &remote.path, deep, body, MOST_ENTRIES).await
}

fn tag_value(tag: &ETag) -> Result<HeaderValue, DavError> {
    let value = HeaderValue::try_from(tag.header_value());
    value.map_err(|_| DavError::of_remote(StatusCode::BAD_GATEWAY))
}
