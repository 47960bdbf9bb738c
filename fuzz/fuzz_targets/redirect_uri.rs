//! The matcher of redirect URIs: the first line is registered, the second presented.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::redirect_uri::{ApplicationType, RedirectUri};
use url::Url;

fuzz_target!(|data: &str| {
    let (registered, presented) = data.split_once('\n').unwrap_or((data, data));
    for kind in [ApplicationType::Native, ApplicationType::Web] {
        let Ok(uri) = RedirectUri::register(registered, kind) else { continue };
        assert!(uri.matches(registered, kind) && uri.as_str() == registered);
        let url = Url::parse(registered).expect("it was read");
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        if let Some(source) = uri.policy_source() {
            assert!(!source.contains([' ', ';', ',', '\'', '*']), "{source}");
        }
        if !uri.matches(presented, kind) || presented == registered {
            continue;
        }
        // Only the port of a loopback address of a native client may differ, also as a browser reads it.
        assert_eq!(kind, ApplicationType::Native);
        let mut other = Url::parse(presented).expect("what matches is a URL");
        assert!(uri.is_loopback() && other.username().is_empty() && other.password().is_none());
        other.set_port(url.port()).expect("http has ports");
        assert_eq!(other, url);
    }
});
