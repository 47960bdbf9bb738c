//! Dictionaries of structured fields (RFC 9651), read so that nothing is dropped: a parser keeps the last of two equal names,
//! and writes parameters its own way. Here names that come twice are refused, and the text of each member is kept.

use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};

use super::SignatureError;

/// The longest field, bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Most members.
const MAX_MEMBERS: usize = 16;

/// One member of a dictionary.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) label: String,
    /// What follows `label=`, as it came.
    pub(super) raw: &'a str,
    value: ListEntry,
}

/// All lines of a header as one text. `None` when it is not there.
pub(super) fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, SignatureError> {
    let mut joined: Option<String> = None;
    for line in headers.get_all(name) {
        let line = line.to_str().map_err(|_| SignatureError::Malformed)?;
        joined = Some(match joined {
            Some(before) => format!("{before}, {line}"),
            None => line.to_owned(),
        });
    }
    if joined.as_ref().is_some_and(|text| text.len() > MAX_BYTES) {
        return Err(SignatureError::Malformed);
    }
    Ok(joined)
}

/// Reads a dictionary.
pub(super) fn dictionary(text: &str) -> Result<Vec<Member<'_>>, SignatureError> {
    let mut members: Vec<Member<'_>> = Vec::new();
    for piece in pieces(text) {
        let member = member(piece)?;
        if members.iter().any(|known| known.label == member.label) {
            return Err(SignatureError::Repeated);
        }
        if members.len() == MAX_MEMBERS {
            return Err(SignatureError::Malformed);
        }
        members.push(member);
    }
    Ok(members)
}

impl Member<'_> {
    /// The bytes, if it is a byte sequence.
    pub(super) fn bytes(&self) -> Result<&[u8], SignatureError> {
        match &self.value {
            ListEntry::Item(item) => item.bare_item.as_byte_sequence().ok_or(SignatureError::Malformed),
            ListEntry::InnerList(_) => Err(SignatureError::Malformed),
        }
    }

    /// The inner list, if it is one.
    pub(super) fn inner_list(&self) -> Result<&InnerList, SignatureError> {
        match &self.value {
            ListEntry::InnerList(list) => Ok(list),
            ListEntry::Item(_) => Err(SignatureError::Malformed),
        }
    }
}

/// A parameter that has to be a text.
pub(super) fn text<'a>(list: &'a InnerList, name: &str) -> Result<Option<&'a str>, SignatureError> {
    let Some(value) = list.params.get(name) else {
        return Ok(None);
    };
    let text = value.as_string().ok_or(SignatureError::Malformed)?;
    Ok(Some(text.as_str()))
}

/// A parameter that has to be a time.
pub(super) fn seconds(list: &InnerList, name: &str) -> Result<Option<i64>, SignatureError> {
    let read = |value: &BareItem| value.as_integer().map(i64::from).filter(|seconds| *seconds >= 0);
    let value = list.params.get(name);
    value.map(|value| read(value).ok_or(SignatureError::Time)).transpose()
}

fn member(piece: &str) -> Result<Member<'_>, SignatureError> {
    let mut parsed = parse(piece)?.into_iter();
    let (Some((label, value)), None) = (parsed.next(), parsed.next()) else {
        return Err(SignatureError::Malformed);
    };
    let parameters = match &value {
        ListEntry::Item(item) => item.params.len(),
        ListEntry::InnerList(list) => {
            list.params.len() + list.items.iter().map(|item| item.params.len()).sum::<usize>()
        }
    };
    // Each parameter has one semicolon before it; of two with the same name the parser kept one.
    if outside_strings(piece).filter(|(_, byte)| *byte == b';').count() != parameters {
        return Err(SignatureError::Repeated);
    }
    let raw = piece.get(label.as_str().len() + 1..).unwrap_or_default();
    Ok(Member {
        label: label.as_str().to_owned(),
        raw,
        value,
    })
}

fn parse(piece: &str) -> Result<Dictionary, SignatureError> {
    Parser::new(piece).parse::<Dictionary>().map_err(|_| {
        // A number of more digits than the format has is a number still: it is no time, but not junk.
        let shortened = with_short_numbers(piece);
        match Parser::new(&shortened).parse::<Dictionary>() {
            Ok(_) => SignatureError::Time,
            Err(_) => SignatureError::Malformed,
        }
    })
}

fn with_short_numbers(piece: &str) -> String {
    let mut short = String::with_capacity(piece.len());
    let mut digits = 0;
    for character in piece.chars() {
        digits = if character.is_ascii_digit() { digits + 1 } else { 0 };
        if digits <= 12 {
            short.push(character);
        }
    }
    short
}

/// The members as texts, without the space around them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let commas = outside_strings(text).filter(|(_, byte)| *byte == b',');
    let ends = commas.map(|(at, _)| at).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| {
        let piece = &text[start..end];
        start = end + 1;
        piece.trim_matches([' ', '\t'])
    })
}

/// The bytes that are in no string, with their places. In `"…"` a backslash takes the next byte along, in `%"…"` it does not.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut string = None;
    let mut before = 0;
    let mut is_escaped = false;
    text.bytes().enumerate().filter(move |(_, byte)| {
        let was_inside = string.is_some();
        match string {
            _ if is_escaped => is_escaped = false,
            Some(false) if *byte == b'\\' => is_escaped = true,
            Some(_) if *byte == b'"' => string = None,
            None if *byte == b'"' => string = Some(before == b'%'),
            _ => {}
        }
        before = *byte;
        !was_inside && *byte != b'"'
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(text: &str) -> Result<Vec<(String, String)>, SignatureError> {
        let members = dictionary(text)?;
        Ok(members
            .into_iter()
            .map(|member| (member.label, member.raw.to_owned()))
            .collect())
    }

    #[test]
    fn each_member_keeps_its_text() {
        let text = "a=(\"x,y;z\" \"\\\"\");t=\"1,2\" ,\tb=:AAA=:, c=%\"\\\" , d";
        let read = labels(text).expect("readable");
        let expected = [
            ("a", "(\"x,y;z\" \"\\\"\");t=\"1,2\""),
            ("b", ":AAA=:"),
            ("c", "%\"\\\""),
            ("d", ""),
        ];
        assert_eq!(read, expected.map(|(label, raw)| (label.to_owned(), raw.to_owned())));
    }

    #[test]
    fn names_come_once() {
        for text in ["a=1, a=2", "a, a", "a=();x=1;x=1", "a=(\"b\";k;k)", "a=1;x;x=2"] {
            assert_eq!(labels(text), Err(SignatureError::Repeated), "{text}");
        }
    }

    #[test]
    fn junk_is_told_from_numbers_that_are_too_long() {
        for junk in [
            "",
            ",",
            "a=",
            "a=(",
            "a=1,",
            "a=1,,b=2",
            "A=1",
            "a=\"",
            "a=:x",
            "=",
            "a=1 b=2",
            "a=(\"x\"\"y\")",
            "\"",
            "a=ö",
        ] {
            assert_eq!(labels(junk), Err(SignatureError::Malformed), "{junk}");
        }
        assert_eq!(labels("a=();created=9007199254740992"), Err(SignatureError::Time));
        let many: Vec<String> = (0..17).map(|at| format!("a{at}")).collect();
        assert_eq!(labels(&many.join(",")), Err(SignatureError::Malformed));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_parser(text in "[a-c]=?[()\"\\\\%;=,: \t?a-c0-3]{0,24}") {
            let parsed = Parser::new(&text).parse::<Dictionary>();
            match labels(&text) {
                Ok(read) => {
                    let parsed = parsed.expect("read by both");
                    let names: Vec<&str> = read.iter().map(|(label, _)| label.as_str()).collect();
                    let theirs: Vec<&str> = parsed.keys().map(|key| key.as_str()).collect();
                    prop_assert_eq!(names, theirs);
                }
                Err(SignatureError::Malformed) => prop_assert!(parsed.is_err() || parsed.is_ok_and(|parsed| parsed.is_empty())),
                Err(error) => prop_assert_eq!(error, SignatureError::Repeated),
            }
        }
    }
}
