//! A client's metadata document: the first line is its URL, the rest what was fetched from there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::{
    cimd::{ClientIdUrl, MAX_BYTES},
    client_auth::AuthMethod,
};
use url::{Host, Url};

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, rest) = data.split_at(end);
    let Ok(text) = std::str::from_utf8(first) else { return };
    let Some(id) = ClientIdUrl::parse(text) else { return };
    let url = Url::parse(text).expect("it was read");
    assert_eq!((id.as_str(), url.as_str(), url.scheme()), (text, text, "https"));
    match url.host().expect("a host") {
        Host::Ipv4(address) => assert!(!address.is_loopback() && !address.is_private() && !address.is_link_local()),
        Host::Ipv6(address) => assert!(!address.is_loopback() && address.to_ipv4().is_none()),
        Host::Domain(name) => assert_ne!(name, "localhost"),
    }
    let Ok(metadata) = id.read_document(rest) else { return };
    assert!(rest.len() <= MAX_BYTES);
    assert!(matches!(metadata.auth_method, AuthMethod::None | AuthMethod::PrivateKeyJwt));
    assert!(metadata.client_name.is_some() && !metadata.redirect_uris.is_empty());
});
