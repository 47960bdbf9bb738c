//! Requests for tokens, answers to them, and invitations as people pass them on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::ocm::{InviteToken, TokenAnswer, TokenForm};
use secrecy::ExposeSecret;

fuzz_target!(|data: &[u8]| {
    let kind = Some("application/x-www-form-urlencoded");
    if let Ok(form) = TokenForm::parse(kind, data) {
        assert!(!form.client_id.is_empty() && !form.code.expose_secret().is_empty());
        let body = form.encode();
        // Written out it may be longer than it came, since every special character is escaped.
        if body.expose_secret().len() <= 8 * 1024 {
            let again = TokenForm::parse(kind, body.expose_secret().as_bytes()).expect("what is written reads back");
            assert_eq!((again.grant, &again.client_id), (form.grant, &form.client_id));
            assert_eq!(again.code.expose_secret(), form.code.expose_secret());
        }
    }
    for status in [200, 400, 500] {
        if let Ok(answer) = TokenAnswer::parse(status, Some("application/json"), data) {
            assert!(status == 200 && (1..=86_400).contains(&answer.expires_in));
            let token = answer.access_token.expose_secret();
            assert!((1..=8192).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(invite) = InviteToken::parse(text) {
        let again = InviteToken::parse(invite.to_text().expose_secret()).expect("what is written reads back");
        assert_eq!((again.token.expose_secret(), &again.host), (invite.token.expose_secret(), &invite.host));
    }
});
