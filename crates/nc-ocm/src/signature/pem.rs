//! Public keys in PEM (RFC 7468 §13).

use base64::{Engine as _, prelude::BASE64_STANDARD};

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The bytes of the one key in the text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let packed: String = inner.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(packed).ok()
}

/// A key as text, in lines of 64 characters as OpenSSL writes them.
pub(super) fn encode(der: &[u8]) -> String {
    let packed = BASE64_STANDARD.encode(der);
    let mut text = format!("{BEGIN}\n");
    for (at, character) in packed.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    text
}
