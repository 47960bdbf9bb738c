use http::{Method, Response, StatusCode, Uri, header};
use url::Url;

use crate::{BaseUrl, Error, body::Body, request::Request};

/// Most redirects that are followed for one request.
pub(super) const MOST_HOPS: u32 = 3;

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where to ask next.
///
/// Only reads are followed, and only on the same host, so the credential goes nowhere else; from HTTP to HTTPS is
/// allowed, back is not. Anything else means that the configured address is wrong, and the error shows the right one.
pub(super) fn follow(
    request: &Request<'_>,
    base: &BaseUrl,
    from: &Uri,
    response: &Response<Body>,
    hops: &mut u32,
) -> Result<Uri, Error> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    let from = Url::parse(&from.to_string()).map_err(|_| Error::Moved { address: None })?;
    let Some(to) = location.and_then(|location| from.join(location).ok()) else {
        return Err(Error::Moved { address: None });
    };
    let readable = matches!(request.method, Method::GET | Method::HEAD);
    if !readable || *hops == 0 || !is_same_place(&from, &to) {
        return Err(Error::Moved {
            address: right_address(base, &from, &to),
        });
    }
    *hops -= 1;
    to.as_str().parse().map_err(|_| Error::Moved { address: None })
}

fn is_same_place(from: &Url, to: &Url) -> bool {
    let upgrade = from.scheme() == "http" && to.scheme() == "https";
    let same = from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    // An upgrade leads to the usual port; another one may belong to somebody else.
    let upgraded = upgrade && (to.port_or_known_default() == Some(443) || to.port() == from.port());
    from.host() == to.host() && to.username().is_empty() && to.password().is_none() && (same || upgraded)
}

/// The base address that would not have been redirected, if the redirect only replaces the base.
fn right_address(base: &BaseUrl, from: &Url, to: &Url) -> Option<String> {
    let rest = from.path().strip_prefix(base.subpath())?;
    let subpath = to.path().strip_suffix(rest)?;
    let mut address = to.clone();
    address.set_path(subpath);
    address.set_query(None);
    address.set_fragment(None);
    BaseUrl::from_url(address).ok().map(|base| base.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn only_the_same_host_and_port_or_its_upgrade_is_the_same_place() {
        let same = |from, to| is_same_place(&url(from), &url(to));
        assert!(same("http://c.example/a", "https://c.example/a"));
        assert!(same("https://c.example/a", "https://c.example:443/b"));
        assert!(!same("https://c.example/a", "http://c.example/a"));
        assert!(!same("https://c.example/a", "https://d.example/a"));
        assert!(!same("https://c.example/a", "https://c.example:8443/a"));
        assert!(!same("http://c.example/a", "https://c.example:8443/a"));
        assert!(!same("https://c.example/a", "https://user@c.example/a"));
    }

    #[test]
    fn the_right_base_address_is_found_from_where_the_redirect_leads() {
        let base = BaseUrl::parse("http://c.example/cloud").expect("base");
        let right = |to| right_address(&base, &url("http://c.example/cloud/remote.php/dav"), &url(to));
        assert_eq!(
            right("https://c.example/cloud/remote.php/dav").as_deref(),
            Some("https://c.example/cloud")
        );
        assert_eq!(
            right("https://new.example/remote.php/dav?x=1").as_deref(),
            Some("https://new.example")
        );
        assert_eq!(right("https://sso.example/login?to=x"), None);
    }
}
