use proptest::prelude::*;

use super::*;
use crate::dav::props;

fn arbitrary_condition() -> impl Strategy<Value = Condition> {
    let property = prop_oneof![
        Just(props::DISPLAYNAME),
        Just(props::SIZE),
        Just(Name::new("http://x/", "y"))
    ];
    let comparison = proptest::sample::select(Comparison::ALL.map(|(comparison, _)| comparison).to_vec());
    let leaf = prop_oneof![
        Just(Condition::IsCollection),
        property.clone().prop_map(Condition::IsDefined),
        (comparison, property, "[ -~äß%_\\\\]{0,10}").prop_map(|(c, p, l)| Condition::Compare(c, p, l)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::And),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn a_search_survives_a_round_trip(
        condition in proptest::option::of(arbitrary_condition()),
        limit: Option<u32>,
        offset: Option<u32>,
        descending: bool,
    ) {
        let direction = if descending { Direction::Descending } else { Direction::Ascending };
        let search = Search {
            select: vec![props::FILEID, props::DISPLAYNAME],
            scope: Scope { href: "/files/carol/a%20b".to_owned(), depth: Depth::One },
            condition,
            order: vec![Order { property: props::GETLASTMODIFIED, direction }],
            limit,
            offset,
        };
        prop_assert_eq!(Search::parse(&search.to_document()), Ok(search));
    }
}

#[test]
fn user_text_means_itself_in_a_pattern() {
    assert_eq!(escape_like("100%_a\\"), "100\\%\\_a\\\\");
}

#[test]
fn unknown_conditions_and_missing_scopes_are_refused() {
    let within = |inner: &str| {
        format!("<d:searchrequest xmlns:d='DAV:'><d:basicsearch>{inner}</d:basicsearch></d:searchrequest>")
    };
    let from = "<d:from><d:scope><d:href>/files/c</d:href><d:depth>1</d:depth></d:scope></d:from>";
    assert!(Search::parse(within(from).as_bytes()).is_ok());
    assert!(Search::parse(within("").as_bytes()).is_err());
    for filter in ["<d:sounds-like/>", "<d:eq/>", "<d:not/>", "<x:eq xmlns:x='y'/>"] {
        let body = within(&format!("{from}<d:where>{filter}</d:where>"));
        assert!(Search::parse(body.as_bytes()).is_err(), "{filter}");
    }
}
