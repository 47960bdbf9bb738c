use proptest::prelude::*;

use super::*;

const EVENT: &[u8] = b"BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME;X-A=\"q:;,\":Home\nBEGIN:VEVENT\nUID:1\nSUMMARY;LANGUAGE=en:Long\n  line folded\n\toddly\n\nDESCRIPTION:a\\nb\\, c\\; d\\\\\nX-FOREIGN:kept\nBEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n";

fn changed(text: &[u8], change: impl FnOnce(&mut Component)) -> String {
    let mut document = Document::parse(text).expect("a document");
    change(document.root_mut().expect("a component"));
    String::from_utf8(document.to_bytes()).expect("text")
}

#[test]
fn what_is_not_changed_is_written_byte_for_byte() {
    for text in [
        EVENT,
        b"\xef\xbb\xbfBEGIN:VCARD\r\nFN:x\r\nEND:VCARD",
        b"BEGIN:VCARD\r\r\nFN:x\r\r\nEND:VCARD\r\r\n\r\n",
        b"begin:vcard\r\nFN;CHARSET=ISO-8859-1:M\xfcller\r\nend:VCARD\r\n",
        b"BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\ntwo: =\n three\nEND:VCARD\n",
        b"BEGIN:VCARD\nNOTE:fold in\n \xc3\n \xa4 a character\nEND:VCARD\n",
    ] {
        let read = Document::parse(text).expect("a document");
        assert_eq!(String::from_utf8_lossy(&read.to_bytes()), String::from_utf8_lossy(text));
    }
}

#[test]
fn one_change_changes_one_line_and_takes_the_line_end_of_the_text() {
    let text = String::from_utf8(EVENT.to_vec()).expect("text");
    let now = changed(EVENT, |calendar| {
        let event = calendar.components_mut().next().expect("an event");
        event.set_text("SUMMARY", Some("Short, now"));
    });
    assert_eq!(now, text.replace("Long\n  line folded\n\toddly", "Short\\, now"),);
}

#[test]
fn a_text_that_is_set_to_what_it_is_stays_as_written() {
    let now = changed(EVENT, |calendar| {
        let event = calendar.components_mut().next().expect("an event");
        event.set_text("SUMMARY", Some("Long line foldedoddly"));
        event.set_text("DESCRIPTION", Some("a\nb, c; d\\"));
    });
    assert_eq!(now.as_bytes(), EVENT);
}

#[test]
fn new_properties_stand_before_the_components_inside() {
    let now = changed(EVENT, |calendar| {
        let event = calendar.components_mut().next().expect("an event");
        event.add(Property::text("LOCATION", "Here"));
    });
    assert!(now.contains("X-FOREIGN:kept\nLOCATION:Here\nBEGIN:VALARM\n"), "{now}");
}

#[test]
fn setting_replaces_all_of_a_name_in_the_place_of_the_first() {
    let text = b"BEGIN:X\r\nA:1\r\nB:2\r\na:3\r\nC:4\r\nEND:X\r\n";
    let now = changed(text, |root| root.set(Property::new("A", "9")));
    assert_eq!(now, "BEGIN:X\r\nA:9\r\nB:2\r\nC:4\r\nEND:X\r\n");
}

#[test]
fn parameters_are_read_in_every_form() {
    let text =
        b"BEGIN:X\nitem1.TEL;type=cell,voice;TYPE=pref;X-Q=\"a;b:c,d\";X-C=^'q^^^n:+49\nTEL;HOME;VOICE:1\nEND:X\n";
    let document = Document::parse(text).expect("a document");
    let root = document.root().expect("a component");
    let first = root.property("tel").expect("a number");
    assert_eq!(first.group(), Some("item1"));
    assert_eq!(
        first.parameter_values("TYPE").collect::<Vec<_>>(),
        ["cell", "voice", "pref"]
    );
    assert_eq!(first.parameter("x-q"), Some("a;b:c,d"));
    assert_eq!(first.parameter("x-c"), Some("\"q^\n"));
    assert_eq!(first.value(), "+49");
    let second = root.properties_named("TEL").nth(1).expect("another");
    assert_eq!(second.parameter_values("TYPE").collect::<Vec<_>>(), ["HOME", "VOICE"]);
}

#[test]
fn lines_are_folded_between_characters() {
    let now = changed(EVENT, |calendar| {
        calendar.set(Property::text("X-LONG", &"ä€𝄞".repeat(60)));
    });
    for line in now.lines() {
        assert!(line.len() <= 75, "{line}");
    }
    let read = Document::parse(now.as_bytes()).expect("a document");
    let value = read.root().and_then(|root| root.text("X-LONG")).expect("a text");
    assert_eq!(value, "ä€𝄞".repeat(60));
}

#[test]
fn what_does_not_nest_is_refused() {
    assert_eq!(Document::parse(b""), Err(ParseError::NothingBegins));
    assert_eq!(Document::parse(b"hello"), Err(ParseError::NothingBegins));
    assert_eq!(Document::parse(b"BEGIN:A\nBEGIN:B\nEND:B\n"), Err(ParseError::CutOff));
    assert_eq!(
        Document::parse(b"BEGIN:A\nEND:B\n"),
        Err(ParseError::WrongEnd { line: 2 })
    );
    assert_eq!(Document::parse(b"END:B\n"), Err(ParseError::WrongEnd { line: 1 }));
    assert_eq!(
        Document::parse("BEGIN:A\n".repeat(40).as_bytes()),
        Err(ParseError::TooDeep)
    );
}

#[test]
fn a_value_cannot_break_out_of_its_line() {
    let now = changed(b"BEGIN:X\nEND:X\n", |root| {
        root.add(Property::new("A", "1\r\nB:2").with("P", "x\r\nC:3\"y"));
        root.add(Property::text("D", "1\r\nE:2\r3\u{0}"));
    });
    assert_eq!(now, "BEGIN:X\nA;P=\"x^nC:3^'y\":1B:2\nD:1\\nE:2\\n3\nEND:X\n");
}

proptest! {
    #[test]
    fn any_bytes_that_are_read_are_written_back(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"BEGIN:X\r\n".to_vec();
        text.extend_from_slice(&body);
        text.extend_from_slice(b"\r\nEND:X\r\n");
        if let Ok(document) = Document::parse(&text) {
            prop_assert_eq!(document.to_bytes(), text);
        }
    }

    #[test]
    fn lines_of_any_shape_are_written_back(lines in proptest::collection::vec("[A-Za-z.;=:\",\\\\ \t=éQ-]{0,90}", 0..12), end in "(\r\n|\n|\r\r\n)") {
        let mut text = format!("BEGIN:X{end}");
        for line in &lines {
            text.push_str(line);
            text.push_str(&end);
        }
        text.push_str("END:X");
        text.push_str(&end);
        if let Ok(document) = Document::parse(text.as_bytes()) {
            prop_assert_eq!(String::from_utf8(document.to_bytes()).expect("text"), text);
        }
    }

    #[test]
    fn texts_come_back(text in "\\PC*", parameter in "\\PC+") {
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        let parameter: String = parameter.chars().filter(|character| !character.is_control()).collect();
        let mut root = Component::new("X");
        root.add(Property::text("A", &text).with("P", &parameter));
        let document = Document::parse(&root.to_bytes()).expect("a document");
        let read = document.root().and_then(|root| root.property("A")).expect("a property");
        prop_assert_eq!(read.text_value(), text);
        prop_assert_eq!(read.parameter("P"), Some(parameter.as_str()));
    }
}
