use proptest::prelude::*;

use super::*;

fn arbitrary_name() -> impl Strategy<Value = Name> {
    let namespace = prop_oneof![
        Just("DAV:".to_owned()),
        Just("http://owncloud.org/ns".to_owned()),
        Just(String::new()),
        "[a-z]{1,5}:[a-z&<\"' é]{0,8}x",
    ];
    (namespace, "[A-Za-z_ä][A-Za-z0-9_.-]{0,8}").prop_map(|(namespace, local)| Name::new(&namespace, &local))
}

/// Text that XML can carry, with everything that needs escaping.
fn arbitrary_text() -> impl Strategy<Value = String> {
    "[ -~\t\r\näß€🎉\u{e000}]{1,12}"
}

pub(crate) fn arbitrary_element() -> impl Strategy<Value = Element> {
    let attributes = proptest::collection::btree_map(arbitrary_name(), arbitrary_text(), 0..3);
    let leaf = (arbitrary_name(), attributes).prop_map(|(name, attributes)| Element {
        name,
        attributes: attributes.into_iter().collect(),
        children: Vec::new(),
    });
    leaf.prop_recursive(4, 32, 4, |inner| {
        let children = proptest::collection::vec((inner.clone(), proptest::option::of(arbitrary_text())), 0..4);
        (inner, children).prop_map(|(mut parent, children)| {
            parent.children.clear();
            for (child, text) in children {
                parent.children.push(Node::Element(child));
                parent.children.extend(text.map(Node::Text));
            }
            parent
        })
    })
}

proptest! {
    #[test]
    fn an_element_is_read_as_it_was_written(element in arbitrary_element()) {
        let document = element.to_document();
        prop_assert_eq!(Element::parse(&document), Ok(element), "{}", String::from_utf8_lossy(&document));
    }

    #[test]
    fn no_input_makes_the_parser_panic(input in "[<>/&;:=\"'a-c !\\[\\]?#x0-9-]{0,80}") {
        let _ = Element::parse(input.as_bytes());
    }
}

#[test]
fn prefixes_have_no_meaning() {
    let upper = Element::parse(b"<D:prop xmlns:D='DAV:'><D:getetag/></D:prop>").unwrap();
    let none = Element::parse(b"<prop xmlns='DAV:'><getetag></getetag></prop>").unwrap();
    assert_eq!(upper, none);
    assert_eq!(upper.names(), [crate::dav::props::GETETAG]);
}

#[test]
fn entities_and_document_types_are_refused() {
    let bomb = br#"<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>"#;
    assert_eq!(Element::parse(bomb), Err(XmlError::Entities));
    assert_eq!(Element::parse(b"<a>&b;</a>"), Err(XmlError::Entities));
    assert_eq!(Element::parse(b"<a b='&c;'/>"), Err(XmlError::Entities));
    assert_eq!(Element::parse(b"<a>&lt;&#x41;&amp;</a>").unwrap().content(), "<A&");
}

#[test]
fn a_prefix_cannot_be_bound_to_nothing_or_be_unknown() {
    for document in [
        "<D:a xmlns:D='DAV:' xmlns:b=''><b:c/></D:a>",
        "<D:a/>",
        "<a xmlns='DAV:'><b:c/></a>",
    ] {
        let error = Element::parse(document.as_bytes()).unwrap_err();
        assert!(matches!(error, XmlError::Malformed(_)), "{document}: {error}");
    }
}

#[test]
fn broken_documents_are_errors_and_never_half_read() {
    for document in [
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "a",
        "<nope",
        "<a>\u{1}</a>",
        "<a>&#1;</a>",
        "<a b='1' b='2'/>",
    ] {
        assert!(Element::parse(document.as_bytes()).is_err(), "{document}");
    }
    assert!(Element::parse(b"<a>\xff</a>").is_err());
}

#[test]
fn deep_and_large_documents_are_refused() {
    let deep = "<a>".repeat(1000) + &"</a>".repeat(1000);
    assert_eq!(Element::parse(deep.as_bytes()), Err(XmlError::TooLarge));
    let limits = Limits {
        size_bytes: 10,
        depth: 5,
    };
    assert_eq!(
        Element::parse_within(b"<a>0123456789</a>", limits),
        Err(XmlError::TooLarge)
    );
}

#[test]
fn characters_that_xml_lacks_are_replaced_when_written() {
    let document = Element::text(Name::dav("displayname"), "a\u{1}b").to_document();
    assert_eq!(Element::parse(&document).unwrap().content(), "a\u{fffd}b");
}
