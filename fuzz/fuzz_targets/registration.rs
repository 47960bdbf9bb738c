//! Bodies of client registration and of its replacement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::registration::{ClientMetadata, MAX_BYTES, Replacement, RequestedMetadata};

fuzz_target!(|data: &[u8]| {
    if let Ok(replacement) = Replacement::read(data, "c") {
        let plain: serde_json::Value = serde_json::from_slice(data).expect("strict JSON is JSON");
        assert!(plain.get("registration_access_token").is_none());
        let _ = ClientMetadata::check(&replacement.metadata);
    }
    let Ok(requested) = RequestedMetadata::read(data) else { return };
    assert!(data.len() <= MAX_BYTES);
    let Ok(metadata) = ClientMetadata::check(&requested) else { return };
    assert!(metadata.redirect_uris.len() <= 10);
    for uri in &metadata.redirect_uris {
        assert!(uri.matches(uri.as_str(), metadata.application_type));
    }
    // What is answered is what holds: registering the answer changes nothing.
    let echo = metadata.echo();
    assert_eq!(ClientMetadata::check(&echo), Ok(metadata));
});
