//! Looking at what is shared: whether it is a folder and what it allows, which not every server says with the share. It also
//! finds out which credential works.

use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use nc_auth::federation::{RemoteAnswer, RemoteBody, RemoteError, RemoteRequest};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Multistatus, Name, OCM, OCS, Propfind, Response},
    ocm::permissions_of_words,
};

use super::{
    credentials::failed,
    opened::Opened,
    send::{Call, change},
};
use crate::Ocm;

const RESOURCE_TYPE: Name = Name::dav("resourcetype");
/// A number, as in the sharing API.
const OCS_PERMISSIONS: Name = Name::constant(OCS, "share-permissions");
/// A list of words as JSON.
const OCM_PERMISSIONS: Name = Name::constant(OCM, "share-permissions");

/// The largest answer about one file that is read.
const MAX_BYTES: usize = 64 << 10;

/// Looks, and keeps what is new. An error tells why the files cannot be used.
pub(super) async fn ask(ocm: &Ocm, share: Opened) -> Result<(), RemoteError> {
    let id = share.record.id.clone();
    let known = (share.document.is_folder, share.document.permissions);
    let is_folder = share.document.is_folder();
    let answer = Call::new(ocm, share, request(), is_folder).run().await?;
    if answer.status != StatusCode::MULTI_STATUS {
        // What is shared may be gone; the credential was good.
        return Ok(());
    }
    let Some(response) = read(answer).await else {
        return Ok(());
    };
    let found = (
        Some(response.is_collection()),
        known.1.or_else(|| permissions(&response)),
    );
    if found != known {
        let kept = change(ocm, &id, |share| {
            (share.document.is_folder, share.document.permissions) = found;
            true
        });
        kept.await.map_err(|error| failed(&error))?;
        ocm.0.receiver.mounts.clear();
    }
    Ok(())
}

fn request() -> RemoteRequest {
    let wanted = Propfind::Prop(vec![RESOURCE_TYPE, OCS_PERMISSIONS, OCM_PERMISSIONS]);
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("depth"), HeaderValue::from_static("0"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml; charset=utf-8"),
    );
    RemoteRequest {
        method: Method::from_bytes(b"PROPFIND").unwrap_or(Method::OPTIONS),
        path: DavPath::root(),
        destination: None,
        headers,
        body: RemoteBody::Bytes(wanted.to_document().into()),
    }
}

async fn read(mut answer: RemoteAnswer) -> Option<Response> {
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece.ok()?);
        if body.len() > MAX_BYTES {
            return None;
        }
    }
    Multistatus::parse(&body).ok()?.responses.into_iter().next()
}

fn permissions(response: &Response) -> Option<SharePermissions> {
    if let Some(bits) = response.prop_number(&OCS_PERMISSIONS) {
        return SharePermissions::from_bits(bits);
    }
    let words: Vec<String> = serde_json::from_str(&response.prop_text(&OCM_PERMISSIONS)?).ok()?;
    Some(permissions_of_words(words.iter().map(String::as_str)))
}
