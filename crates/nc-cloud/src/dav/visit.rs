use axum::body::Body;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Depth, IfHeader},
};

use super::{
    DavError, LARGEST_BODY_BYTES,
    guest::Jail,
    headers,
    place::{Area, Place, decode},
    remote,
};
use crate::{
    Cloud, SignedIn,
    content::{Checksum, ContentError, Entry, FileId, Home, Overwrite},
    sharing::{Spot, Tree},
};

/// One request: who asks, where, and with what headers.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) cloud: Cloud,
    pub(super) signed_in: SignedIn,
    pub(super) place: Place,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    /// What a link opens, for a request by a link: nothing else is there.
    pub(super) link: Option<Tree>,
    /// What addresses count, for a request by a share with somebody on another server.
    pub(super) jail: Option<Jail>,
}

impl Visit {
    pub(super) fn new(cloud: Cloud, signed_in: SignedIn, place: Place, parts: Parts) -> Self {
        Self {
            cloud,
            signed_in,
            place,
            method: parts.method,
            headers: parts.headers,
            link: None,
            jail: None,
        }
    }

    /// The path in the area.
    pub(super) const fn path(&self) -> &DavPath {
        &self.place.path
    }

    /// Everything that the one who asks reaches.
    pub(super) async fn tree(&self) -> Result<Tree, DavError> {
        if let Some(tree) = &self.link {
            return Ok(tree.clone());
        }
        let (content, shares) = (self.cloud.content(), self.cloud.shares());
        let tree = Tree::of_user(content, shares, &self.signed_in.user).await;
        remote::attach(self, tree.map_err(|error| self.refuse(error))?).await
    }

    /// The file or folder with a number, as the one who asks reaches it, if it may be read.
    pub(super) async fn locate(&self, id: FileId) -> Result<Option<(Spot, Entry)>, DavError> {
        let found = self.tree().await?.locate(id).await;
        let found = found.map_err(|error| self.refuse(error))?;
        Ok(found.filter(|(spot, _)| spot.allows(SharePermissions::READ)))
    }

    /// Where the address `Destination` or one inside of `If` leads.
    pub(super) fn place_of(&self, address: &str) -> Result<Place, DavError> {
        if let Some(jail) = &self.jail {
            return jail.place_of(&self.place, address);
        }
        if self.link.is_none() {
            return Place::of_header(&self.cloud, &self.signed_in, address);
        }
        let path = decode(address)?;
        let path = path
            .strip_prefix(&self.place.base)
            .or_else(|| self.place.prefix.join(&path).strip_prefix(&self.place.base));
        let path = path.ok_or_else(|| DavError::forbidden("The address lies outside of what is shared"))?;
        Ok(Place {
            path,
            ..self.place.clone()
        })
    }

    /// The refusal behind an error of the store at a place.
    pub(super) fn refuse_at(&self, spot: &Spot, error: ContentError) -> DavError {
        self.refuse(spot.own_words(error))
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
        let place = self.place_of(address)?;
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

/// Fails unless all of that may be done at a place; in Nextcloud's words, which are none.
pub(super) fn need(spot: &Spot, wanted: SharePermissions) -> Result<(), DavError> {
    if spot.allows(wanted) {
        Ok(())
    } else {
        Err(DavError::forbidden(""))
    }
}

/// Fails unless the content may be taken away from a place.
pub(super) fn need_download(spot: &Spot) -> Result<(), DavError> {
    need(spot, SharePermissions::READ)?;
    if spot.may_download {
        Ok(())
    } else {
        Err(DavError::forbidden(
            "Access to this shared resource has been denied because its download permission is disabled.",
        ))
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
