//! Which headers go between the cloud and the other server. Those that are not named stay: credentials, cookies and what is
//! about one connection.
//!
//! Both sides know them from here: the cloud relies on what it sends and reads being passed on.

use http::{HeaderMap, HeaderName, header};

/// Of requests.
const ASKED: [HeaderName; 10] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// Of requests: WebDAV and Nextcloud. `Destination` is made anew.
const ASKED_DAV: [&str; 11] = [
    "depth",
    "if",
    "lock-token",
    "oc-checksum",
    "oc-total-length",
    "overwrite",
    "prefer",
    "timeout",
    "x-nc-webdav-auto-mkcol",
    "x-oc-ctime",
    "x-oc-mtime",
];

/// Of answers. Not what the other server tells browsers to do, and not a type that it wants to be shown as.
const ANSWERED: [HeaderName; 10] = [
    header::ACCEPT_RANGES,
    header::ALLOW,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::ETAG,
    header::LAST_MODIFIED,
    header::RETRY_AFTER,
];

const ANSWERED_DAV: [&str; 7] = [
    "dav",
    "lock-token",
    "oc-checksum",
    "oc-etag",
    "oc-fileid",
    "timeout",
    "x-oc-mtime",
];

/// What of the headers of a [`RemoteRequest`](super::RemoteRequest) goes to the other server.
pub fn passed_on(headers: &HeaderMap) -> HeaderMap {
    pick(headers, &ASKED, &ASKED_DAV)
}

/// What of the headers of its answer comes back in a [`RemoteAnswer`](super::RemoteAnswer).
pub fn passed_back(headers: &HeaderMap) -> HeaderMap {
    pick(headers, &ANSWERED, &ANSWERED_DAV)
}

fn pick(headers: &HeaderMap, names: &[HeaderName], dav: &[&str]) -> HeaderMap {
    let wanted = |name: &HeaderName| names.contains(name) || dav.contains(&name.as_str());
    let picked = headers.iter().filter(|(name, _)| wanted(name));
    picked.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(names: &[&'static str]) -> HeaderMap {
        let pairs = names
            .iter()
            .map(|name| (HeaderName::from_static(name), "x".parse().expect("a value")));
        pairs.collect()
    }

    #[test]
    fn credentials_and_connections_stay_here() {
        let all = headers(&[
            "range",
            "depth",
            "if-match",
            "authorization",
            "cookie",
            "host",
            "connection",
            "destination",
        ]);
        let kept = passed_on(&all);
        assert_eq!(kept.len(), 3);
        assert!(kept.contains_key("range") && kept.contains_key("depth") && kept.contains_key("if-match"));
    }

    #[test]
    fn what_the_other_server_wants_of_browsers_stays_there() {
        let all = headers(&[
            "etag",
            "content-length",
            "dav",
            "set-cookie",
            "www-authenticate",
            "location",
            "refresh",
            "clear-site-data",
        ]);
        let kept = passed_back(&all);
        assert_eq!(kept.len(), 3);
        assert!(kept.contains_key("etag") && kept.contains_key("content-length") && kept.contains_key("dav"));
    }
}
