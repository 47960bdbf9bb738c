//! An authenticator app.

use aws_lc_rs::hmac;

/// The secret in the address that an authenticator app reads.
///
/// # Panics
/// When there is none.
pub fn secret_of(uri: &str) -> &str {
    let (_, rest) = uri.split_once("secret=").expect("a secret");
    rest.split('&').next().expect("a secret")
}

/// The code of an authenticator app (RFC 6238).
///
/// # Panics
/// When the secret is no base32.
pub fn code(secret: &str, now: i64) -> String {
    let mut bits = secret.bytes().map(|character| match character {
        b'A'..=b'Z' => character - b'A',
        digit => digit - b'2' + 26,
    });
    let mut key = Vec::new();
    let (mut held, mut count) = (0_u32, 0);
    for five in bits.by_ref() {
        held = (held << 5) | u32::from(five);
        count += 5;
        if count >= 8 {
            count -= 8;
            key.push(u8::try_from((held >> count) & 0xff).expect("a byte"));
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(now / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
