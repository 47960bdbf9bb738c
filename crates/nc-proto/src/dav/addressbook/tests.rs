use proptest::prelude::*;

use super::*;
use crate::dav::{Collation, MatchKind, Name, TextMatch};

fn test() -> impl Strategy<Value = FilterTest> {
    prop_oneof![Just(FilterTest::AnyOf), Just(FilterTest::AllOf)]
}

fn text_match() -> impl Strategy<Value = TextMatch> {
    ("[a-zü<&\" ]{0,12}", any::<bool>()).prop_map(|(text, negate)| TextMatch {
        text,
        collation: Collation::UnicodeCasemap,
        negate,
        kind: MatchKind::StartsWith,
    })
}

fn param_filter() -> impl Strategy<Value = CardParamFilter> {
    let test = prop_oneof![
        Just(CardParamTest::IsNotDefined),
        Just(CardParamTest::IsDefined),
        text_match().prop_map(CardParamTest::Text),
    ];
    ("[A-Z]{1,9}", test).prop_map(|(name, test)| CardParamFilter { name, test })
}

fn prop_filter() -> impl Strategy<Value = CardPropFilter> {
    let matches = (
        test(),
        prop::collection::vec(text_match(), 0..3),
        prop::collection::vec(param_filter(), 0..3),
    );
    let matches = matches.prop_map(|(test, texts, parameters)| CardPropTest::Matches {
        test,
        texts,
        parameters,
    });
    let test = prop_oneof![Just(CardPropTest::IsNotDefined), matches];
    ("[A-Z]{1,9}", test).prop_map(|(name, test)| CardPropFilter { name, test })
}

fn data() -> impl Strategy<Value = AddressDataRequest> {
    let names = prop::collection::vec("[A-Z]{1,9}", 1..4);
    (prop::option::of("[34]\\.0"), prop::option::of(names)).prop_map(|(version, properties)| AddressDataRequest {
        content_type: version.as_ref().map(|_| "text/vcard".to_owned()),
        version,
        properties,
    })
}

proptest! {
    #[test]
    fn reports_survive_a_round_trip(
        properties in prop::collection::vec("[a-z][a-z-]{0,9}", 0..4),
        data in prop::option::of(data()),
        test in test(),
        filters in prop::collection::vec(prop_filter(), 0..4),
        limit in any::<Option<u32>>(),
        hrefs in prop::collection::vec("/[a-z%&<0-9/.]{0,20}", 0..5),
    ) {
        let properties: Vec<Name> = properties.iter().map(|name| Name::new("DAV:", name)).collect();
        let filter = AddressbookFilter { test, properties: filters };
        let query = AddressbookQuery { properties: properties.clone(), data: data.clone(), filter, limit };
        prop_assert_eq!(AddressbookQuery::parse(&query.to_xml()), Ok(query));
        let multiget = AddressbookMultiget { properties, data, hrefs };
        prop_assert_eq!(AddressbookMultiget::parse(&multiget.to_xml()), Ok(multiget));
    }

    #[test]
    fn nothing_that_is_sent_makes_a_reader_fail_badly(body in "\\PC{0,200}") {
        let _ = (AddressbookQuery::parse(body.as_bytes()), AddressbookMultiget::parse(body.as_bytes()));
    }
}

#[test]
fn a_search_in_several_properties_wants_one_of_them() {
    let filter = AddressbookFilter::any_contains(["FN", "EMAIL"], "ann");
    assert_eq!(filter.test, FilterTest::AnyOf);
    assert!(filter.test.holds([false, true].into_iter()));
    assert!(!FilterTest::AllOf.holds([false, true].into_iter()));
    assert!(FilterTest::AnyOf.holds([].into_iter()));
}
