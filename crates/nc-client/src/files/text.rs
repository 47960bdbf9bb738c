//! Telling text from binary, by the bytes alone.
//!
//! The stored media type is guessed from the name and often wrong (`.ts` is a video, `.md` is not always text), so it
//! is not asked.

use std::ops::Range;

/// How a text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// UTF-16, small end first, with a byte order mark.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be,
}

impl Encoding {
    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Bom => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    /// What the first bytes of a file say.
    pub fn from_start(bytes: &[u8]) -> Self {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8Bom,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    const fn mark_bytes(self) -> usize {
        match self {
            Self::Utf8 => 0,
            Self::Utf8Bom => 3,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }
}

/// What a part of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Text.
    Text {
        /// The text, without byte order mark.
        text: String,
        /// How it is stored.
        encoding: Encoding,
        /// The bytes that it was made of: characters cut by the part's ends are left out.
        used: Range<usize>,
    },
    /// Something else. It is never turned into text with losses.
    Binary,
}

/// Looks at a part of a file.
///
/// `encoding` is that of the whole file; `None` if the part is its beginning, which tells. `ends` says whether the
/// part reaches the end of the file: then a character cut at its end is broken, not cut.
pub fn decode_text(bytes: &[u8], encoding: Option<Encoding>, ends: bool) -> Decoded {
    let at_start = encoding.is_none();
    let encoding = encoding.unwrap_or_else(|| Encoding::from_start(bytes));
    let start = if at_start { encoding.mark_bytes() } else { 0 };
    let decoded = match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => utf8(bytes, start, at_start, ends),
        Encoding::Utf16Le => utf16(bytes, start, ends, u16::from_le_bytes),
        Encoding::Utf16Be => utf16(bytes, start, ends, u16::from_be_bytes),
    };
    match decoded {
        Some((text, used)) if !text.contains('\0') => Decoded::Text { text, encoding, used },
        _ => Decoded::Binary,
    }
}

fn utf8(bytes: &[u8], mut start: usize, at_start: bool, ends: bool) -> Option<(String, Range<usize>)> {
    if !at_start {
        // The rest of a character that the part before has the beginning of.
        let cut = bytes
            .iter()
            .take(4)
            .position(|byte| byte & 0xC0 != 0x80)
            .unwrap_or(bytes.len().min(4));
        start = if cut < 4 { cut } else { return None };
    }
    let body = &bytes[start..];
    match std::str::from_utf8(body) {
        Ok(text) => Some((text.to_owned(), start..bytes.len())),
        // No error length: the bytes end within a character.
        Err(error) if error.error_len().is_none() && !ends => {
            let valid = error.valid_up_to();
            let text = std::str::from_utf8(&body[..valid]).ok()?;
            Some((text.to_owned(), start..start + valid))
        }
        Err(_) => None,
    }
}

fn utf16(bytes: &[u8], start: usize, ends: bool, unit: fn([u8; 2]) -> u16) -> Option<(String, Range<usize>)> {
    let (pairs, rest) = bytes[start..].as_chunks::<2>();
    if ends && !rest.is_empty() {
        return None;
    }
    let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    // A character of four bytes may be cut in the middle.
    if !ends && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
        units.pop();
    }
    let end = start + units.len() * 2;
    Some((String::from_utf16(&units).ok()?, start..end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(decoded: Decoded) -> Option<(String, Range<usize>)> {
        match decoded {
            Decoded::Text { text, used, .. } => Some((text, used)),
            Decoded::Binary => None,
        }
    }

    fn utf16_bytes(text: &str, unit: fn(u16) -> [u8; 2], mark: [u8; 2]) -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect()
    }

    #[test]
    fn pictures_and_latin_1_are_binary_and_nothing_is_lost_quietly() {
        for bytes in [
            b"\x89PNG\r\n\x1a\n\0\0".as_slice(),
            b"Gr\xfc\xdfe",
            b"a\0b",
            b"\xff\xfe\x00",
            b"\xf0\x9f\x8e",
        ] {
            assert_eq!(decode_text(bytes, None, true), Decoded::Binary, "{bytes:?}");
        }
    }

    #[test]
    fn byte_order_marks_are_honoured_and_not_shown() {
        assert_eq!(
            text_of(decode_text(b"\xef\xbb\xbfhi", None, true)),
            Some(("hi".into(), 3..5))
        );
        let little = utf16_bytes("hü🎉", u16::to_le_bytes, [0xFF, 0xFE]);
        assert_eq!(text_of(decode_text(&little, None, true)), Some(("hü🎉".into(), 2..10)));
        let big = utf16_bytes("hü", u16::to_be_bytes, [0xFE, 0xFF]);
        assert_eq!(text_of(decode_text(&big, None, true)), Some(("hü".into(), 2..6)));
        assert_eq!(text_of(decode_text(b"", None, true)), Some((String::new(), 0..0)));
    }

    proptest! {
        #[test]
        fn parts_cut_anywhere_add_up_to_the_text(text in "\\PC{0,60}", cut in 4_usize..40) {
            let bytes = text.as_bytes();
            let (mut at, mut all) = (0, String::new());
            while at < bytes.len() {
                let end = (at + cut).min(bytes.len());
                let encoding = (at > 0).then_some(Encoding::Utf8);
                let (part, used) = text_of(decode_text(&bytes[at..end], encoding, end == bytes.len())).expect("text");
                prop_assert_eq!(used.start, 0);
                all.push_str(&part);
                at += used.end;
            }
            prop_assert_eq!(all, text);
        }

        #[test]
        fn any_offset_inside_a_text_finds_the_next_character(text in "\\PC{1,40}", at in 0_usize..100) {
            let at = at % text.len();
            let (part, used) = text_of(decode_text(&text.as_bytes()[at..], Some(Encoding::Utf8), true)).expect("text");
            prop_assert!(text.ends_with(&part) && used.start < 4);
        }
    }
}
