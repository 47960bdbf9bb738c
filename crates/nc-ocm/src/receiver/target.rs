//! Where the files of a share are on the other server. Everything is at the server that the share came from.

use nc_proto::{
    dav::DavPath,
    ocm::{PeerHost, WebdavUri},
};
use url::Url;

use crate::net::Peer;

/// Where a share is, without a slash at the end. `None` when that is not at the server, or the server has no WebDAV.
pub(super) fn base_of(peer: &Peer, uri: &WebdavUri) -> Option<Url> {
    let mut url = match uri {
        WebdavUri::Absolute(url) => url.clone(),
        WebdavUri::Root => peer.origin.join(&below(peer.discovery.webdav_path()?)?).ok()?,
        WebdavUri::Relative(path) => {
            let root = below(peer.discovery.webdav_path()?)?;
            peer.origin
                .join(&format!("{}/{path}", root.trim_end_matches('/')))
                .ok()?
        }
    };
    url.set_query(None);
    url.set_fragment(None);
    let trimmed = url.path().trim_end_matches('/').to_owned();
    url.set_path(&trimmed);
    let is_plain = DavPath::decode(url.path()).is_ok();
    (is_plain && is_at(&url, &peer.host) && url.scheme() == peer.origin.scheme()).then_some(url)
}

/// Whether an address belongs to a server.
pub(super) fn is_at(url: &Url, host: &PeerHost) -> bool {
    PeerHost::of_url(url).is_ok_and(|found| found == *host)
}

/// The address of something in a share.
pub(super) fn address(base: &Url, path: &DavPath, is_folder: bool) -> Url {
    let mut url = base.clone();
    let root = base.path().trim_end_matches('/');
    let whole = match (path.is_root(), is_folder) {
        (true, true) => format!("{root}/"),
        (true, false) => root.to_owned(),
        (false, _) => format!("{root}{}", path.encode()),
    };
    url.set_path(&whole);
    url
}

/// The path of WebDAV as one below the root of the server, whatever it was written like.
fn below(path: &str) -> Option<String> {
    let is_odd = |character: char| character.is_whitespace() || character.is_control() || "\\?#".contains(character);
    (!path.contains(is_odd)).then(|| format!("/{}", path.trim_matches('/')))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use nc_proto::ocm::Discovery;

    use super::*;

    fn peer(webdav: &str) -> Option<Peer> {
        let document = json!({
            "enabled": true, "apiVersion": "1.0-proposal1", "endPoint": "https://peer.example.net/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": webdav}}],
        });
        Some(Peer {
            host: PeerHost::parse("peer.example.net").expect("a host"),
            origin: "https://peer.example.net/".parse().expect("a URL"),
            discovery: Discovery::parse(document.to_string().as_bytes()).ok()?,
            fetched_at: 0,
        })
    }

    fn base(webdav: &str, uri: &WebdavUri) -> Option<String> {
        base_of(&peer(webdav)?, uri).map(Into::into)
    }

    fn relative(uri: &str) -> WebdavUri {
        WebdavUri::Relative(uri.to_owned())
    }

    #[test]
    fn a_share_is_below_the_path_of_webdav_or_where_it_says() {
        let root = "https://peer.example.net/public.php/webdav";
        assert_eq!(base("/public.php/webdav/", &WebdavUri::Root).as_deref(), Some(root));
        assert_eq!(base("/public.php/webdav", &WebdavUri::Root).as_deref(), Some(root));
        let below = format!("{root}/7c08");
        assert_eq!(
            base("/public.php/webdav/", &relative("7c08")).as_deref(),
            Some(below.as_str())
        );
        let absolute = WebdavUri::Absolute("https://peer.example.net/ocm/dav/7c08/".parse().expect("a URL"));
        assert_eq!(
            base("/x", &absolute).as_deref(),
            Some("https://peer.example.net/ocm/dav/7c08")
        );
    }

    #[test]
    fn ocm_n094_the_files_are_never_on_another_server() {
        for elsewhere in [
            "https://evil.example.net/x",
            "https://peer.example.net:8443/x",
            "http://peer.example.net/x",
            "https://a:b@peer.example.net/x",
        ] {
            let absolute = WebdavUri::Absolute(elsewhere.parse().expect("a URL"));
            assert_eq!(base("/dav", &absolute), None, "{elsewhere}");
        }
        for path in [
            "//evil.example.net/dav",
            "/\\evil.example.net",
            "https://evil.example.net/dav",
        ] {
            let found = base(path, &relative("7c08"));
            let is_safe = found
                .as_deref()
                .is_none_or(|url| url.starts_with("https://peer.example.net/"));
            assert!(is_safe, "{path} {found:?}");
        }
    }

    #[test]
    fn names_are_encoded_once_and_a_single_file_has_no_slash_behind_it() {
        let base: Url = "https://peer.example.net/dav/7c08".parse().expect("a URL");
        let path = DavPath::from_names(["100% sure", "a/b?c#d", "ö"]);
        assert_eq!(
            address(&base, &path, true).as_str(),
            "https://peer.example.net/dav/7c08/100%25%20sure/a%2Fb%3Fc%23d/%C3%B6"
        );
        assert_eq!(address(&base, &DavPath::root(), true).path(), "/dav/7c08/");
        assert_eq!(address(&base, &DavPath::root(), false).path(), "/dav/7c08");
    }
}
