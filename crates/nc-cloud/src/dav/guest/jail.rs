use nc_proto::dav::DavPath;

use crate::dav::{
    DavError,
    place::{Place, decode},
};

/// The addresses that lie within a share.
#[derive(Clone)]
pub(in crate::dav) struct Jail {
    /// What comes before the share, as clients see it.
    pub(super) base: DavPath,
    pub(super) share_id: String,
    /// Whether every address has to name the share.
    pub(super) names_share: bool,
    /// By which the cloud is known.
    pub(super) hosts: Vec<String>,
}

impl Jail {
    /// Where an address leads that a header names.
    pub(in crate::dav) fn place_of(&self, here: &Place, address: &str) -> Result<Place, DavError> {
        if let Some((scheme, rest)) = address.split_once("://") {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let authority = without_usual_port(scheme, authority);
            let is_ours = |host: &String| without_usual_port(scheme, host) == authority;
            if !self.hosts.iter().any(is_ours) {
                return Err(DavError::bad_gateway("The address lies on another server"));
            }
        }
        let outside = || DavError::forbidden("The address lies outside of what is shared");
        let path = decode(address).map_err(|_| outside())?;
        let inside = path
            .strip_prefix(&self.base)
            .or_else(|| here.prefix.join(&path).strip_prefix(&self.base));
        let inside = inside.ok_or_else(outside)?;
        let path = match inside.names() {
            [share, rest @ ..] if *share == self.share_id => DavPath::from_names(rest.iter().cloned()),
            _ if self.names_share => return Err(outside()),
            _ => inside,
        };
        Ok(Place { path, ..here.clone() })
    }
}

fn without_usual_port(scheme: &str, authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    authority.strip_suffix(port).unwrap_or(&authority).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dav::place::Area;

    fn jail(names_share: bool) -> (Jail, Place) {
        let base = DavPath::from_names(["sub", "public.php", "webdav"]);
        let jail = Jail {
            base: base.clone(),
            share_id: "id".to_owned(),
            names_share,
            hosts: vec!["cloud.example.org".to_owned(), "10.0.0.1:8080".to_owned()],
        };
        let place = Place {
            area: Area::Files,
            prefix: DavPath::from_names(["sub"]),
            base,
            path: DavPath::root(),
        };
        (jail, place)
    }

    #[test]
    fn ocm_n068_an_address_counts_within_the_share_on_this_server_only() {
        let (jail, place) = jail(false);
        let path = |address: &str| {
            let place = jail.place_of(&place, address);
            place
                .map(|place| place.path.encode())
                .map_err(|error| error.status().as_u16())
        };
        for address in [
            "/sub/public.php/webdav/a",
            "/public.php/webdav/a",
            "/sub/public.php/webdav/id/a",
            "https://cloud.example.org/sub/public.php/webdav/a",
            "https://CLOUD.example.org:443/sub/public.php/webdav/a",
            "http://10.0.0.1:8080/public.php/webdav/a",
        ] {
            assert_eq!(path(address), Ok("/a".to_owned()), "{address}");
        }
        for address in [
            "https://other.example.org/sub/public.php/webdav/a",
            "https://cloud.example.org:8443/sub/public.php/webdav/a",
            "https://x@cloud.example.org/sub/public.php/webdav/a",
            "https://cloud.example.org.evil.example/sub/public.php/webdav/a",
            "ftp://",
        ] {
            assert_eq!(path(address), Err(502), "{address}");
        }
        for address in [
            "/remote.php/dav/files/alice/a",
            "/sub/public.php/webdav/../../remote.php/dav/files/alice/a",
            "/sub/public.php/webdav/%2e%2e/a",
            "/sub/public.php/webdav/b%2fa",
            "//other.example.org/sub/public.php/webdav/a",
            "/public.php/dav/files/token/a",
            "",
        ] {
            assert_eq!(path(address), Err(403), "{address}");
        }
    }

    #[test]
    fn where_the_address_names_the_share_every_address_has_to() {
        let (jail, place) = jail(true);
        assert!(jail.place_of(&place, "/sub/public.php/webdav/id/a").is_ok());
        for address in [
            "/sub/public.php/webdav/a",
            "/sub/public.php/webdav/other/a",
            "/sub/public.php/webdav",
        ] {
            let status = jail.place_of(&place, address).map_err(|error| error.status().as_u16());
            assert_eq!(status.map(|place| place.path), Err(403), "{address}");
        }
    }
}
