use nc_mcp_kit::Failure;
use nc_proto::vcard::Wish;
use serde_json::{Value, json};

use super::input::patch;

fn read(data: Value) -> nc_proto::vcard::ContactPatch {
    let Value::Object(data) = data else { panic!("an object") };
    patch(&data).unwrap_or_else(|error| panic!("{}", words(&error)))
}

fn words(error: &Failure) -> String {
    format!("{error:?}")
}

fn refusal(data: Value) -> String {
    let Value::Object(data) = data else { panic!("an object") };
    words(&patch(&data).expect_err("refused"))
}

#[test]
fn the_spellings_of_results_and_of_vcard_mean_the_same() {
    let ours = read(
        json!({ "fn": "Ada", "emails": [{ "value": "a@b", "type": "home" }], "phones": [{ "value": "1" }], "note": "x" }),
    );
    let theirs =
        read(json!({ "full_name": "Ada", "email": { "value": "a@b", "type": ["home"] }, "tel": "1", "notes": "x" }));
    assert_eq!(ours, theirs);
}

#[test]
fn null_and_the_empty_text_clear_and_what_is_not_named_stays() {
    let patch = read(json!({ "note": null, "title": "", "emails": [] }));
    assert_eq!((patch.note, patch.title), (Wish::Clear, Wish::Clear));
    assert_eq!(patch.emails, Some(Vec::new()));
    assert_eq!((patch.role, patch.phones), (Wish::Keep, None));
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (data, says) in [
        (json!({ "e_mail": "x" }), "e_mail"),
        (json!({ "email": "x", "emails": ["y"] }), "says the same"),
        (json!({ "emails": [{ "address": "x" }] }), "an entry has value"),
        (json!({ "emails": [{ "type": "home" }] }), "without value"),
        (json!({ "emails": [{ "value": "x", "type": "my;own" }] }), "label"),
        (
            json!({ "emails": [{ "value": "x", "components": ["y"] }] }),
            "only postal",
        ),
        (
            json!({ "addresses": [{ "components": ["1", "2", "3", "4", "5", "6", "7", "8"] }] }),
            "more than 7",
        ),
        (json!({ "birthday": "tomorrow" }), "YYYY-MM-DD"),
        (json!({ "fn": ["x"] }), "must be a text"),
        (json!({ "custom_fields": "x" }), "object"),
    ] {
        let words = refusal(data);
        assert!(words.contains(says), "{words}");
    }
}
