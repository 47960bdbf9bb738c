//! Bytes to text, with the character set said.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Text and the character set that it was stored in.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) encoding: &'static str,
    /// Said when the character set was guessed or did not fit.
    pub(crate) note: Option<String>,
}

/// Decodes by the mark at the start, else UTF-8, else UTF-16 by where its zeros are, else `named`, else Windows-1252.
pub(crate) fn decode(bytes: &[u8], named: Option<&str>) -> Decoded {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..], None);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !looks_like_utf16(bytes)
    {
        return Decoded {
            text: text.to_owned(),
            encoding: "utf-8",
            note: None,
        };
    }
    if looks_like_utf16(bytes) {
        let encoding = if bytes[0] == 0 { UTF_16BE } else { UTF_16LE };
        return with(encoding, bytes, Some("guessed"));
    }
    let named = named.and_then(|name| Encoding::for_label(name.as_bytes()));
    match named.filter(|encoding| *encoding != UTF_8) {
        Some(encoding) => with(encoding, bytes, None),
        None => with(WINDOWS_1252, bytes, Some("guessed")),
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8], how: Option<&str>) -> Decoded {
    let (text, failed) = encoding.decode_without_bom_handling(bytes);
    let name = match encoding.name() {
        "windows-1252" => "windows-1252",
        "UTF-16LE" => "utf-16le",
        "UTF-16BE" => "utf-16be",
        "UTF-8" => "utf-8",
        other => other,
    };
    let note = match (failed, how) {
        (true, _) => Some(format!("some characters do not fit the character set {name}")),
        (false, Some(_)) => Some(format!("the character set {name} was guessed")),
        (false, None) => None,
    };
    Decoded {
        text: text.into_owned(),
        encoding: name,
        note,
    }
}

/// Text of Western languages in UTF-16 has a zero in every second byte.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512) & !1];
    if start.len() < 4 {
        return false;
    }
    let zeros = |parity: usize| start.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = start.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    (even == 0 && odd * 10 > pairs * 7) || (odd == 0 && even * 10 > pairs * 7)
}

/// Whether bytes are the start of Unicode text.
pub(crate) fn is_unicode(bytes: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A character may be cut at the end.
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 || Encoding::for_bom(bytes).is_some() || looks_like_utf16(bytes)
}

/// Whether bytes are text of any character set: no control characters that text does not have.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes).is_some()
        || looks_like_utf16(bytes)
        || !bytes.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_set_is_told_and_read() {
        let utf16: Vec<u8> = "Grüße\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [0xFE, 0xFF]
            .into_iter()
            .chain("Grüße\n".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        for (bytes, encoding) in [
            ("Grüße\n".as_bytes(), "utf-8"),
            (b"\xEF\xBB\xBFGr\xC3\xBC\xC3\x9Fe\n", "utf-8"),
            (b"Gr\xFC\xDFe\n", "windows-1252"),
            (&utf16, "utf-16le"),
            (&marked, "utf-16be"),
        ] {
            let decoded = decode(bytes, None);
            assert_eq!((decoded.text.as_str(), decoded.encoding), ("Grüße\n", encoding));
        }
    }

    #[test]
    fn a_named_character_set_counts_where_utf8_does_not_fit() {
        let decoded = decode(b"\xCF\xF0\xE8\xE2\xE5\xF2", Some("windows-1251"));
        assert_eq!((decoded.text.as_str(), decoded.note), ("Привет", None));
    }

    #[test]
    fn a_guess_is_said() {
        assert!(
            decode(b"caf\xE9", None)
                .note
                .is_some_and(|note| note.contains("guessed"))
        );
    }
}
