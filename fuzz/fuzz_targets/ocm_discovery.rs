//! What another server says about itself, and the sets of keys that it names.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use nc_ocm::signature::{CavageKey, VerifyingKey};
use nc_proto::ocm::{Discovery, PeerHost};

fuzz_target!(|data: &[u8]| {
    let host = PeerHost::parse("cloud.example.org").expect("a host");
    if let Ok(discovery) = Discovery::parse(data) {
        let write = |discovery: &Discovery| discovery.to_value().to_string();
        // A slash at the end of the endpoint is left out, so the first writing may differ.
        let again = Discovery::parse(write(&discovery).as_bytes()).expect("what is written reads back");
        assert_eq!(Discovery::parse(write(&again).as_bytes()), Ok(again));
        if discovery.check_endpoints(&host, &BTreeSet::new(), false).is_ok() {
            for url in [Some(&discovery.end_point), discovery.token_end_point.as_ref(), discovery.jwks_uri.as_ref()].into_iter().flatten() {
                assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("cloud.example.org"), None));
                assert!(url.username().is_empty() && url.password().is_none());
            }
        }
        if let Some(path) = discovery.webdav_path() {
            let joined = host.origin(false).join(path).expect("a path");
            assert_eq!(PeerHost::of_url(&joined), Ok(host), "a path does not lead to another server");
        }
        if let Some(key) = &discovery.public_key {
            let _ = CavageKey::from_pem(&key.pem);
        }
    }
    for name in ["k", "https://cloud.example.org/ocm#k1"] {
        if let Ok(key) = VerifyingKey::from_set(data, name, true) {
            assert_eq!(key.key_id(), name);
            assert!(key.verify(b"text", &[0; 64]).is_err() && key.verify(b"text", &[]).is_err());
        }
    }
});
