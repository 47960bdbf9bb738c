//! `Authorization` headers, one a line: Basic and Bearer, at the APIs and at the token endpoint.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::{
    bearer::{Presented, TokenKind},
    client_auth::{AuthMethod, ClientCredential},
    form::Form,
};

fuzz_target!(|data: &[u8]| {
    let headers: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let presented = Presented::read(headers.iter().copied());
    if headers.len() > 1 {
        assert!(presented.is_err(), "two headers are never a credential");
    }
    if presented.is_ok_and(|presented| presented.is_some()) {
        // What is a Bearer token is no Basic credential: no request has two readings.
        let text = std::str::from_utf8(data).expect("a token is ASCII");
        assert!(nc_auth::basic::parse(text).is_none());
        assert!(ClientCredential::read(&Form::default(), Some(text)).is_err());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    TokenKind::of(text);
    if let Some(Ok((name, _))) = nc_auth::basic::parse(text) {
        assert!(!name.as_str().is_empty() && !name.as_str().contains(':'));
    }
    if let Ok(credential) = ClientCredential::read(&Form::default(), Some(text)) {
        assert_eq!(credential.method(), AuthMethod::ClientSecretBasic);
        let mut form = Form::default();
        let header = credential.write(&mut form).expect("a header");
        let again = ClientCredential::read(&form, Some(header.expose())).expect("what is written reads back");
        assert_eq!(again.method(), AuthMethod::ClientSecretBasic);
    }
});
