use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use nc_proto::dav::DavPath;

use super::{Seen, reply};

/// The user name behind which it lies.
pub(crate) const SECRET: &str = "the-secret-of-eve";

/// What eve of a stock Nextcloud shares, at `/public.php/webdav`: a file with `from eve`, until it is a folder.
#[derive(Clone)]
pub(crate) struct Shelf(Arc<Mutex<Inner>>);

pub(crate) struct Inner {
    /// By path without the mount; the root is the empty path.
    pub(crate) files: BTreeMap<DavPath, Bytes>,
    pub(crate) is_folder: bool,
    pub(crate) may_write: bool,
}

impl Default for Shelf {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            files: BTreeMap::from([(DavPath::root(), Bytes::from("from eve"))]),
            is_folder: false,
            may_write: true,
        })))
    }
}

impl Shelf {
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("a lock")
    }

    /// A folder with nothing in it.
    pub(crate) fn be_folder(&self) {
        let mut inner = self.inner();
        inner.files.clear();
        inner.is_folder = true;
    }

    /// Answers as a Nextcloud does: the secret is the user name, a Bearer is nobody.
    pub(super) fn answer(&self, seen: &Seen) -> Response {
        let authorization = seen.headers.get("authorization").and_then(|value| value.to_str().ok());
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{SECRET}:")));
        if authorization != Some(expected.as_str()) {
            return reply(401, "application/xml; charset=utf-8", "");
        }
        let address = DavPath::decode(&seen.target).expect("an address that can be read");
        let path = address
            .strip_prefix(&DavPath::from_names(["public.php", "webdav"]))
            .expect("below the mount");
        let mut inner = self.inner();
        match seen.method.as_str() {
            "GET" => match inner.files.get(&path) {
                Some(content) => reply(200, "text/plain", content.clone()),
                None => reply(404, "application/xml; charset=utf-8", ""),
            },
            "PUT" if !inner.may_write => reply(403, "application/xml; charset=utf-8", ""),
            "PUT" => {
                let replaced = inner.files.insert(path, seen.body.clone()).is_some();
                reply(if replaced { 204 } else { 201 }, "text/plain", "")
            }
            "PROPFIND" => {
                let mut lines = String::new();
                if inner.is_folder {
                    lines.push_str(&line(&DavPath::root(), None));
                }
                for (path, content) in &inner.files {
                    lines.push_str(&line(path, Some(content.len())));
                }
                let body = format!(r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{lines}</d:multistatus>"#);
                reply(207, "application/xml; charset=utf-8", body)
            }
            _ => reply(204, "text/plain", ""),
        }
    }
}

fn line(path: &DavPath, length: Option<usize>) -> String {
    let place = DavPath::from_names(["public.php", "webdav"]).join(path).encode();
    let kind = match length {
        Some(length) => format!("<d:resourcetype/><d:getcontentlength>{length}</d:getcontentlength>"),
        None => "<d:resourcetype><d:collection/></d:resourcetype>".to_owned(),
    };
    format!(
        "<d:response><d:href>{place}</d:href><d:propstat><d:prop>{kind}<d:getetag>&quot;e1&quot;</d:getetag></d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}
