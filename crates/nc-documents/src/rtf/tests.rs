use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{ErrorKind, Format, Wanted};

fn read_rtf(text: &[u8]) -> Result<Extracted, ExtractError> {
    let limits = Limits::default();
    let wanted = Wanted {
        text_bytes: 1_000_000,
        ..Wanted::default()
    };
    read(text, Pages::new(Format::Rtf, wanted, &limits), &limits)
}

#[test]
fn paragraphs_headings_and_special_characters_are_read() {
    let text = br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}{\colortbl;\red0;}
{\*\generator Writer;}{\info{\title Secret}}\pard\outlinelevel0 Garden plan\par
\pard Gr\'fc\'dfe \u8211? \u-10179?\u-8704? and {\b bold}\line next {\f1 \'cf\'f0\'e8\'e2\'e5\'f2}\par
{\v hidden}{\header top}A\~b\{c\}\par}";
    let read = read_rtf(text).expect("text");
    assert_eq!(
        read.text,
        "# Garden plan\n\nGr\u{fc}\u{df}e \u{2013} \u{1F600} and bold\nnext \u{41F}\u{440}\u{438}\u{432}\u{435}\u{442}\n\nA b{c}"
    );
    assert!(read.notes.is_empty(), "{:?}", read.notes);
}

#[test]
fn tables_are_tables() {
    let text = br"{\rtf1 before\par\trowd\cellx1\cellx2\pard\intbl a\cell b|c\cell\row\trowd\intbl 1\cell 2\cell\row\pard after\par}";
    assert_eq!(
        read_rtf(text).expect("text").text,
        "before\n\n| a | b\\|c |\n| --- | --- |\n| 1 | 2 |\n\nafter"
    );
}

#[test]
fn binary_pictures_are_passed_over() {
    let text = b"{\\rtf1 a{\\pict\\bin7 }}}{{\\\\}b\\par}";
    assert_eq!(read_rtf(text).expect("text").text, "ab");
}

#[test]
fn what_is_broken_off_is_said() {
    let read = read_rtf(b"{\\rtf1 half a lett").expect("text");
    assert_eq!(read.text, "half a lett");
    assert!(read.notes[0].contains("broken off"), "{:?}", read.notes);
    assert_eq!(
        read_rtf(b"{\\rtf1").map_err(|error| error.kind),
        Err(ErrorKind::Damaged)
    );
}

#[test]
fn endless_nesting_is_refused() {
    assert_eq!(
        read_rtf(&b"{".repeat(100_000)).map_err(|error| error.kind),
        Err(ErrorKind::TooLarge)
    );
}

proptest! {
    #[test]
    fn any_text_reads_back(text in "[a-zA-Z0-9äöüß\u{1F600}\u{416} ]{1,60}") {
        let mut rtf = "{\\rtf1\\uc0 ".to_owned();
        for unit in text.encode_utf16() {
            let _ = write!(rtf, "\\u{} ", i16::from_ne_bytes(unit.to_ne_bytes()));
        }
        rtf.push_str("\\par}");
        prop_assert_eq!(read_rtf(rtf.as_bytes()).expect("text").text, crate::markdown::line(&text));
    }

    #[test]
    fn nothing_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300), words in "[\\\\{}a-z0-9' -]{0,200}") {
        let _ = read_rtf(&bytes);
        let _ = read_rtf(words.as_bytes());
    }
}
