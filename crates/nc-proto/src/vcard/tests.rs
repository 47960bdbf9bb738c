use std::fmt::Write;

use proptest::prelude::*;

use super::*;

const APPLE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 26.0//EN\r\nN:Lovelace;Ada;King;Countess;\r\nFN:Ada Lovelace\r\nORG:Analytical Engines\\, Ltd.;Research;\r\nitem1.EMAIL;type=INTERNET;type=pref:ada@example.org\r\nitem1.X-ABLabel:_$!<Other>!$_\r\nEMAIL;type=INTERNET;type=WORK:ada@engines.example\r\nTEL;type=CELL;type=VOICE;type=pref:+49 170 1\r\nTEL;type=HOME;type=VOICE:030 1\r\nitem2.ADR;type=HOME:;;12 St James's Square;London;;SW1Y 4JH;United Kingdom\r\nitem2.X-ABADR:gb\r\nitem3.URL;type=pref:https://example.org/ada?a=1,2;b\r\nitem3.X-ABLabel:_$!<HomePage>!$_\r\nBDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-12-10\r\nNOTE:first\\nsecond\\, with comma\r\nCATEGORIES:Math,Friends\r\nX-SOCIALPROFILE;type=twitter:https://example.com/ada\r\nUID:card-ada\r\nEND:VCARD\r\n";

fn card(text: &str) -> Card {
    Card::parse(text.as_bytes()).expect("a card")
}

fn patched(text: &str, patch: &ContactPatch) -> String {
    let mut card = card(text);
    card.apply(patch).expect("a patch");
    String::from_utf8(card.to_bytes()).expect("text")
}

fn set(text: &str) -> Wish<String> {
    Wish::Set(text.to_owned())
}

fn detail(value: &str) -> NewDetail {
    NewDetail {
        value: value.to_owned(),
        ..NewDetail::default()
    }
}

#[test]
fn a_card_of_an_iphone_is_read() {
    let contact = card(APPLE).contact();
    assert_eq!(contact.uid, "card-ada");
    assert_eq!(contact.full_name, "Ada Lovelace");
    let name = contact.name.expect("parts");
    assert_eq!(
        (name.family.as_str(), name.given.as_str(), name.prefix.as_str()),
        ("Lovelace", "Ada", "Countess")
    );
    assert_eq!(
        contact.organization.as_deref(),
        Some("Analytical Engines, Ltd., Research")
    );
    assert_eq!(contact.emails[0].value, "ada@example.org");
    assert_eq!(contact.emails[0].label.as_deref(), Some("Other"));
    assert!(contact.emails[0].preferred && !contact.emails[1].preferred);
    assert_eq!(contact.emails[1].kind, "work");
    assert_eq!(contact.phones[0].kind, "cell,voice");
    assert_eq!(
        contact.addresses[0].value,
        "12 St James's Square, London, SW1Y 4JH, United Kingdom"
    );
    assert_eq!(contact.addresses[0].components.as_ref().map(Vec::len), Some(7));
    assert_eq!(contact.urls[0].value, "https://example.org/ada?a=1,2;b");
    assert_eq!(
        contact.birthday.as_ref().map(ToString::to_string).as_deref(),
        Some("--12-10")
    );
    assert_eq!(contact.note.as_deref(), Some("first\nsecond, with comma"));
    assert_eq!(contact.categories, ["Math", "Friends"]);
    assert_eq!(
        contact.other,
        [("X-SOCIALPROFILE".to_owned(), "https://example.com/ada".to_owned())]
    );
}

#[test]
fn a_patch_changes_only_the_line_it_is_about() {
    let name = |patch: ContactPatch, from: &str, to: &str| {
        assert_eq!(patched(APPLE, &patch), APPLE.replace(from, to), "{from}");
    };
    let patch = ContactPatch::default;
    name(
        ContactPatch {
            full_name: Some("Ada, King".into()),
            ..patch()
        },
        "FN:Ada Lovelace",
        "FN:Ada\\, King",
    );
    name(
        ContactPatch {
            given_name: set("Augusta"),
            ..patch()
        },
        ";Ada;",
        ";Augusta;",
    );
    name(
        ContactPatch {
            prefix: Wish::Clear,
            ..patch()
        },
        "Countess",
        "",
    );
    name(
        ContactPatch {
            organization: set("Engines"),
            ..patch()
        },
        "ORG:Analytical Engines\\, Ltd.;Research;",
        "ORG:Engines",
    );
    name(
        ContactPatch {
            note: set("one"),
            ..patch()
        },
        "first\\nsecond\\, with comma",
        "one",
    );
    name(
        ContactPatch {
            categories: Some(vec!["Math".into(), "a,b".into()]),
            ..patch()
        },
        "Math,Friends",
        "Math,a\\,b",
    );
    name(
        ContactPatch {
            emails: Some(vec![detail("ada@example.org"), detail("ada@new.example")]),
            ..patch()
        },
        "ada@engines.example",
        "ada@new.example",
    );
    name(
        ContactPatch {
            phones: Some(vec![detail("+49 170 1")]),
            ..patch()
        },
        "TEL;type=HOME;type=VOICE:030 1\r\n",
        "",
    );
    name(
        ContactPatch {
            phones: Some(vec![
                detail("+49 170 1"),
                detail("030 1"),
                NewDetail {
                    kind: Some("work".into()),
                    ..detail("7")
                },
            ]),
            ..patch()
        },
        "030 1\r\n",
        "030 1\r\nTEL;TYPE=WORK:7\r\n",
    );
    name(
        ContactPatch {
            urls: Some(vec![detail("https://example.org/new?a=1,2")]),
            ..patch()
        },
        "https://example.org/ada?a=1,2;b",
        "https://example.org/new?a=1,2",
    );
    name(
        ContactPatch {
            emails: Some(vec![detail("ada@engines.example")]),
            ..patch()
        },
        "item1.EMAIL;type=INTERNET;type=pref:ada@example.org\r\nitem1.X-ABLabel:_$!<Other>!$_\r\n",
        "",
    );
    name(
        ContactPatch {
            birthday: Wish::Set(Birthday::parse("1815-12-10").expect("a day")),
            ..patch()
        },
        "BDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-12-10",
        "BDAY:1815-12-10",
    );
    name(
        ContactPatch {
            other: vec![("X-PET".into(), set("Puff"))],
            ..patch()
        },
        "UID:card-ada\r\n",
        "UID:card-ada\r\nX-PET:Puff\r\n",
    );
    name(
        ContactPatch {
            title: set("Countess"),
            ..patch()
        },
        "UID:card-ada\r\n",
        "UID:card-ada\r\nTITLE:Countess\r\n",
    );
}

#[test]
fn labels_are_lines_of_the_same_group() {
    let labelled = |value: &str, label: &str| NewDetail {
        label: Some(label.to_owned()),
        ..detail(value)
    };
    let patch = ContactPatch {
        emails: Some(vec![
            labelled("ada@example.org", "Club"),
            labelled("ada@engines.example", ""),
        ]),
        phones: Some(vec![labelled("+49 170 1", "Boat"), detail("030 1")]),
        ..ContactPatch::default()
    };
    let now = APPLE
        .replace("item1.X-ABLabel:_$!<Other>!$_", "item1.X-ABLabel:Club")
        .replace(
            "TEL;type=CELL;type=VOICE;type=pref:+49 170 1\r\n",
            "item4.TEL;type=CELL;type=VOICE;type=pref:+49 170 1\r\nitem4.X-ABLabel:Boat\r\n",
        );
    assert_eq!(patched(APPLE, &patch), now);
    assert_eq!(card(&now).contact().phones[0].label.as_deref(), Some("Boat"));
}

#[test]
fn saying_what_is_there_changes_nothing() {
    let contact = card(APPLE).contact();
    let again = |details: &[Detail]| {
        let wanted = details.iter().map(|detail| NewDetail {
            kind: Some(detail.kind.clone()),
            value: detail.value.clone(),
            label: Some(detail.label.clone().unwrap_or_default()),
            preferred: Some(detail.preferred),
            components: detail.components.clone(),
        });
        Some(wanted.collect())
    };
    let patch = ContactPatch {
        full_name: Some(contact.full_name.clone()),
        organization: Wish::Set(contact.organization.clone().expect("an organisation")),
        emails: again(&contact.emails),
        phones: again(&contact.phones),
        addresses: again(&contact.addresses),
        urls: again(&contact.urls),
        birthday: Wish::Set(contact.birthday.clone().expect("a day")),
        categories: Some(contact.categories.clone()),
        ..ContactPatch::default()
    };
    assert_eq!(patched(APPLE, &patch), APPLE);
}

#[test]
fn version_4_is_kept_and_written_in_its_own_way() {
    let text = "BEGIN:VCARD\nVERSION:4.0\nFN:Alan Turing\nEMAIL;PREF=1:alan@example.org\nBDAY:19120623\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+44-1\nEND:VCARD\n";
    let contact = card(text).contact();
    assert_eq!(contact.phones[0].value, "+44-1");
    assert_eq!(contact.phones[0].kind, "voice,cell");
    assert!(contact.emails[0].preferred);
    let patch = ContactPatch {
        phones: Some(vec![detail("+44 2")]),
        birthday: Wish::Set(Birthday::parse("--06-23").expect("a day")),
        ..ContactPatch::default()
    };
    assert_eq!(
        patched(text, &patch),
        text.replace("tel:+44-1", "tel:+442").replace("19120623", "--0623")
    );
}

#[test]
fn version_2_with_quoted_printable_is_read_and_changed() {
    let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg M=FCller\r\nTEL;CELL:1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r\ntwo\r\nEND:VCARD\r\n";
    let contact = card(text).contact();
    assert_eq!(contact.full_name, "Jörg Müller");
    assert_eq!(contact.name.as_ref().map(|name| name.family.as_str()), Some("Müller"));
    assert_eq!(contact.note.as_deref(), Some("one\ntwo"));
    assert_eq!(contact.phones[0].kind, "cell");
    let patch = ContactPatch {
        family_name: set("Maier"),
        ..ContactPatch::default()
    };
    assert_eq!(
        patched(text, &patch),
        text.replace(
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;",
            "N:Maier;Jörg;;;"
        )
    );
}

#[test]
fn a_line_that_is_folded_onto_a_quoted_printable_value_stays_with_it() {
    let text =
        "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Ada\r\nTEL;X-A;ENCODING=QUOTED-PRINTABLE:1=\r\n2\r\n 3\r\nEND:VCARD\r\n";
    assert_eq!(card(text).contact().phones[0].value, "123");
    let patch = ContactPatch {
        note: set("one"),
        ..ContactPatch::default()
    };
    let now = patched(text, &patch);
    assert_eq!(now, text.replace("END:", "NOTE:one\r\nEND:"));
    assert_eq!(card(&now).contact().note.as_deref(), Some("one"));
}

#[test]
fn a_card_without_fn_is_shown_by_what_it_has() {
    let shown = |line: &str| {
        card(&format!("BEGIN:VCARD\nVERSION:3.0\n{line}\nEND:VCARD\n"))
            .contact()
            .full_name
    };
    assert_eq!(shown("N:Lovelace;Ada;;;"), "Ada Lovelace");
    assert_eq!(shown("ORG:Engines;Research"), "Engines, Research");
    assert_eq!(shown("EMAIL:ada@example.org"), "ada@example.org");
    assert_eq!(shown("FN:"), "");
}

#[test]
fn photos_are_read_in_every_form() {
    let photo = |line: &str| {
        card(&format!("BEGIN:VCARD\nVERSION:3.0\n{line}\nEND:VCARD\n"))
            .contact()
            .photo
    };
    let embedded = |media_type: &str| {
        Some(Photo::Embedded {
            media_type: media_type.into(),
            bytes: b"pic".to_vec(),
        })
    };
    assert_eq!(photo("PHOTO;ENCODING=b;TYPE=JPEG:cGlj"), embedded("image/jpeg"));
    assert_eq!(photo("PHOTO;ENCODING=BASE64;TYPE=PNG:cG\n lj"), embedded("image/png"));
    assert_eq!(photo("PHOTO:data:image/png;base64,cGlj"), embedded("image/png"));
    assert_eq!(
        photo("PHOTO:data:text/html;base64,cGlj"),
        embedded("application/octet-stream")
    );
    assert_eq!(
        photo("PHOTO;VALUE=uri:https://example.org/a.png"),
        Some(Photo::Elsewhere("https://example.org/a.png".into()))
    );
    assert_eq!(photo("PHOTO;ENCODING=b:%%%"), None);
}

#[test]
fn birthdays_never_get_a_year_that_nobody_told() {
    for (text, shown) in [
        ("1815-12-10", "1815-12-10"),
        ("18151210", "1815-12-10"),
        ("1815-12-10T00:00:00Z", "1815-12-10"),
        ("--1210", "--12-10"),
        ("--12-10", "--12-10"),
        ("--0229", "--02-29"),
    ] {
        assert_eq!(
            Birthday::parse(text).map(|day| day.to_string()).as_deref(),
            Some(shown),
            "{text}"
        );
    }
    for text in [
        "",
        "1815",
        "18151310",
        "--0230",
        "2023-02-29",
        "1815-1-2",
        "18-15-12-10",
        "circa 1800",
        "éé151210",
    ] {
        assert_eq!(Birthday::parse(text), None, "{text}");
    }
}

#[test]
fn groups_are_told_apart_from_people() {
    let group = card(
        "BEGIN:VCARD\nVERSION:3.0\nUID:g\nFN:Team\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card-ada\nEND:VCARD\n",
    );
    assert_eq!(
        group.contact().group,
        Some(Group {
            members: vec!["card-ada".into()]
        })
    );
    assert_eq!(card(APPLE).contact().group, None);
}

#[test]
fn what_is_no_card_or_no_property_is_refused() {
    assert_eq!(
        Card::parse(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
        Err(CardError::OtherKind)
    );
    assert!(Card::parse(b"hello").is_err());
    let mut one = Card::new("1", "-//x//EN");
    assert_eq!(one.apply(&ContactPatch::default()), Err(PatchError::NoName));
    for name in ["UID", "fn", "X Y", "A:B", ""] {
        let patch = ContactPatch {
            full_name: Some("x".into()),
            other: vec![(name.into(), set("1"))],
            ..ContactPatch::default()
        };
        assert_eq!(one.apply(&patch), Err(PatchError::PropertyName(name.into())), "{name}");
    }
}

#[test]
fn a_new_card_has_what_the_rfc_demands() {
    let mut one = Card::new("1", "-//x//EN");
    let patch = ContactPatch {
        given_name: set("Ada"),
        family_name: set("Lovelace"),
        addresses: Some(vec![detail("Here 1")]),
        ..ContactPatch::default()
    };
    one.apply(&patch).expect("a patch");
    assert_eq!(
        String::from_utf8(one.to_bytes()).expect("text"),
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//x//EN\r\nUID:1\r\nN:Lovelace;Ada;;;\r\nADR:;;Here 1;;;;\r\nFN:Ada Lovelace\r\nEND:VCARD\r\n"
    );
}

proptest! {
    #[test]
    fn lists_say_what_was_wished(before in proptest::collection::vec("[a-d]{1,2}", 0..5), wished in proptest::collection::vec("[a-f;,\\\\]{1,3}", 0..5)) {
        let mut text = "BEGIN:VCARD\nVERSION:3.0\nFN:x\n".to_owned();
        for (at, value) in before.iter().enumerate() {
            let _ = writeln!(text, "item{at}.TEL;TYPE=CELL:{value}\nX-KEPT-{at}:1");
        }
        text.push_str("END:VCARD\n");
        let patch = ContactPatch { phones: Some(wished.iter().map(|value| detail(value)).collect()), ..ContactPatch::default() };
        let now = patched(&text, &patch);
        let mut said: Vec<String> = card(&now).contact().phones.into_iter().map(|phone| phone.value).collect();
        let mut wanted = wished.clone();
        said.sort();
        wanted.sort();
        prop_assert_eq!(said, wanted);
        for at in 0..before.len() {
            let kept = format!("X-KEPT-{at}:1\n");
            prop_assert!(now.contains(&kept));
        }
    }

    #[test]
    fn any_text_comes_back(text in "\\PC{0,60}") {
        let text = text.trim().to_owned();
        let patch = ContactPatch { note: set(&text), family_name: set(&text), categories: Some(vec![text.clone()]), ..ContactPatch::default() };
        let contact = card(&patched(APPLE, &patch)).contact();
        prop_assert_eq!(contact.note.unwrap_or_default(), text.clone());
        prop_assert_eq!(contact.name.map(|name| name.family).unwrap_or_default(), text);
    }
}
