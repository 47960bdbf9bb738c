use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Sample {
    #[serde(deserialize_with = "super::integer")]
    id: i64,
    #[serde(deserialize_with = "super::optional_integer")]
    size: Option<i64>,
    #[serde(deserialize_with = "super::boolean")]
    favorite: bool,
    #[serde(deserialize_with = "super::text")]
    title: String,
    #[serde(deserialize_with = "super::optional_text")]
    owner: Option<String>,
    #[serde(deserialize_with = "super::optional")]
    inner: Option<Inner>,
    #[serde(deserialize_with = "super::map")]
    names: BTreeMap<String, i64>,
    #[serde(deserialize_with = "super::list")]
    kinds: Vec<i64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    value: i64,
}

fn read(value: Value) -> Sample {
    serde_json::from_value(value).expect("readable")
}

#[test]
fn numbers_may_come_as_text() {
    let sample = read(json!({"id": "42", "size": "7", "kinds": [1, 2]}));
    assert_eq!((sample.id, sample.size, sample.kinds), (42, Some(7), vec![1, 2]));
    assert_eq!(read(json!({"id": 5_368_709_120.0})).id, 5_368_709_120);
}

#[test]
fn the_ways_to_say_nothing_are_one() {
    for nothing in [json!(null), json!(false), json!(""), json!([])] {
        let sample = read(json!({
            "size": nothing, "favorite": nothing, "title": nothing, "owner": nothing,
            "inner": nothing, "names": nothing, "kinds": nothing,
        }));
        assert_eq!(sample, Sample::default(), "{nothing}");
    }
}

#[test]
fn a_list_with_gaps_is_still_a_list_and_a_dense_map_still_a_map() {
    assert_eq!(read(json!({"kinds": {"0": 3, "2": 4}})).kinds, [3, 4]);
    assert_eq!(
        read(json!({"names": [7, 8]})).names,
        BTreeMap::from([("0".into(), 7), ("1".into(), 8)])
    );
}

#[test]
fn an_object_alone_in_a_list_is_that_object() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer(#[serde(deserialize_with = "super::one")] Inner);
    let read = serde_json::from_value::<Outer>;
    assert_eq!(
        read(json!([{"value": 1}])).expect("unwrapped"),
        Outer(Inner { value: 1 })
    );
    assert_eq!(read(json!({"value": 1})).expect("plain"), Outer(Inner { value: 1 }));
    assert!(read(json!([{"value": 1}, {"value": 2}])).is_err());
    assert!(read(json!([])).is_err());
}

#[test]
fn what_has_no_plain_meaning_is_refused() {
    for bad in [
        json!({"id": "soon"}),
        json!({"id": 1.5}),
        json!({"favorite": "perhaps"}),
        json!({"title": {"a": 1}}),
        json!({"kinds": "text"}),
        json!({"inner": 3}),
    ] {
        assert!(serde_json::from_value::<Sample>(bad.clone()).is_err(), "{bad}");
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<i64>().prop_map(|n| json!(n.to_string())),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,8}".prop_map(|s| json!(s)),
        Just(json!([])),
        Just(json!({})),
    ]
}

proptest! {
    #[test]
    fn any_number_survives_as_number_and_as_text(n in any::<i64>()) {
        prop_assert_eq!(read(json!({"id": n})).id, n);
        prop_assert_eq!(read(json!({"id": n.to_string()})).id, n);
    }

    #[test]
    fn no_substitution_makes_the_reader_panic(
        id in scalar(), size in scalar(), favorite in scalar(), title in scalar(),
        owner in scalar(), inner in scalar(), names in scalar(), kinds in scalar(),
    ) {
        let _ = serde_json::from_value::<Sample>(json!({
            "id": id, "size": size, "favorite": favorite, "title": title,
            "owner": owner, "inner": inner, "names": names, "kinds": kinds, "unknown": [1],
        }));
    }
}
