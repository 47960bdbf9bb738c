use axum::body::Body;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use nc_proto::dav::{DavPath, Depth, IfHeader};

use super::{
    DavError, LARGEST_BODY_BYTES, headers,
    place::{Area, Place},
};
use crate::{
    Cloud, SignedIn,
    content::{Checksum, ContentError, Entry, Home, Overwrite},
};

/// One request: who asks, where, and with what headers.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) cloud: Cloud,
    pub(super) signed_in: SignedIn,
    pub(super) place: Place,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
}

impl Visit {
    pub(super) fn new(cloud: Cloud, signed_in: SignedIn, place: Place, parts: Parts) -> Self {
        Self {
            cloud,
            signed_in,
            place,
            method: parts.method,
            headers: parts.headers,
        }
    }

    /// The path in the area.
    pub(super) const fn path(&self) -> &DavPath {
        &self.place.path
    }

    /// The files of the one who asks.
    pub(super) async fn home(&self) -> Result<Home, DavError> {
        self.cloud
            .content()
            .home(&self.signed_in.user)
            .await
            .map_err(|error| self.refuse(error))
    }

    /// The refusal behind an error of the store.
    pub(super) fn refuse(&self, error: ContentError) -> DavError {
        DavError::of_content(error, |path| self.place.href(path, false))
    }

    /// The address of a file or folder.
    pub(super) fn href(&self, entry: &Entry) -> String {
        self.place.href(&entry.path, entry.is_folder())
    }

    /// A header as text. Non-ASCII bytes, which no client should send raw, are taken as UTF-8.
    ///
    /// Sent twice, it is refused: a proxy may have judged by the other one, and half of a condition is not the condition.
    pub(super) fn header(&self, name: &str) -> Result<Option<&str>, DavError> {
        headers::text(&self.headers, name)
    }

    /// `Depth`, if it is there.
    pub(super) fn depth(&self) -> Result<Option<Depth>, DavError> {
        headers::depth(&self.headers)
    }

    /// `Overwrite`; without it, overwriting is allowed (RFC 4918 §10.6).
    pub(super) fn overwrite(&self) -> Result<Overwrite, DavError> {
        headers::overwrite(&self.headers)
    }

    /// `Destination`, which must lie in the user's own files.
    pub(super) fn destination(&self) -> Result<DavPath, DavError> {
        let address = self.header("destination")?;
        let address = address.ok_or_else(|| DavError::bad_request("The destination header was not supplied"))?;
        let place = Place::of_header(&self.cloud, &self.signed_in, address)?;
        if place.area == Area::Files {
            return Ok(place.path);
        }
        let name = place.path.name().unwrap_or_default();
        Err(DavError::forbidden(format!(
            "Permission denied to create file (filename {name})"
        )))
    }

    /// The address of something in another area.
    pub(super) fn beside(&self, names: &[&str]) -> DavPath {
        let dav = DavPath::from_names(["remote.php", "dav"].iter().chain(names).copied());
        self.place.prefix.join(&dav)
    }

    /// A JSON body of moderate size.
    pub(super) async fn read_json(&self, body: Body) -> Result<Vec<u8>, DavError> {
        let kind = self.header("content-type")?.unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
            return Err(DavError::unsupported_body("The request body must be JSON"));
        }
        self.read_body(body).await
    }

    /// `If`, if it is there.
    pub(super) fn if_header(&self) -> Result<Option<IfHeader>, DavError> {
        let Some(value) = self.header("if")? else {
            return Ok(None);
        };
        let header = IfHeader::parse(value);
        header
            .map(Some)
            .ok_or_else(|| DavError::bad_request("The If header cannot be understood"))
    }

    /// Every lock token in the `If` header.
    pub(super) fn lock_tokens(&self) -> Result<Vec<String>, DavError> {
        let header = self.if_header()?;
        Ok(header.iter().flat_map(IfHeader::tokens).map(str::to_owned).collect())
    }

    /// A header that holds Unix seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, DavError> {
        let Some(value) = self.header(name)? else {
            return Ok(None);
        };
        let seconds = value.trim().parse();
        let message = || format!("{name} header must be a valid integer (unix timestamp), got \"{value}\".");
        seconds.map(Some).map_err(|_| DavError::bad_request(message()))
    }

    /// `OC-Checksum`.
    pub(super) fn checksum(&self) -> Result<Option<Checksum>, DavError> {
        Ok(self.header("oc-checksum")?.and_then(Checksum::parse))
    }

    /// The length of the body, if the client said it.
    pub(super) fn content_length(&self) -> Option<u64> {
        self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// A body of moderate size: XML.
    pub(super) async fn read_body(&self, body: Body) -> Result<Vec<u8>, DavError> {
        headers::read_body(body, LARGEST_BODY_BYTES).await
    }
}

/// 201 for something new, 204 for something replaced.
pub(super) const fn created(new: bool) -> StatusCode {
    if new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    }
}
