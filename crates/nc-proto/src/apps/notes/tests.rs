use proptest::prelude::*;
use serde_json::json;

use super::*;

fn recorded() -> serde_json::Value {
    json!({
        "id": 1133, "title": "Shopping", "modified": 1_795_225_728, "category": "", "favorite": false,
        "readonly": false, "internalPath": "/Notes/Shopping.md", "shareTypes": [], "isShared": false,
        "error": false, "errorType": "", "content": "- milk\n- bread", "etag": "5cf87a27e599e14f99755a8932a65da1"
    })
}

#[test]
fn a_recorded_note_reads_and_writes_back() {
    let note: NoteEntry = serde_json::from_value(recorded()).expect("readable");
    assert_eq!(serde_json::to_value(&note).expect("writable"), recorded());
    assert_eq!(Note::from(note).content, "- milk\n- bread");
}

#[test]
fn an_element_without_title_is_an_unchanged_note() {
    let items: Vec<ListItem> = serde_json::from_value(json!([{"id": 7}, {"id": "8"}, recorded()])).expect("readable");
    assert_eq!(items[0], ListItem::Unchanged { id: NoteId(7) });
    assert_eq!(items[1], ListItem::Unchanged { id: NoteId(8) });
    assert!(matches!(&items[2], ListItem::Note(note) if note.title == "Shopping"));
    assert!(serde_json::from_value::<ListItem>(json!({"name": "x"})).is_err());
}

#[test]
fn a_note_with_an_empty_text_is_not_one_without_text() {
    let entry: NoteEntry = serde_json::from_value(json!({"id": 1, "title": "", "content": ""})).expect("readable");
    assert_eq!(entry.content.as_deref(), Some(""));
    let entry: NoteEntry = serde_json::from_value(json!({"id": 1, "title": ""})).expect("readable");
    assert_eq!(entry.content, None);
}

#[test]
fn only_given_fields_are_written() {
    let patch = NotePatch {
        title: Some("Groceries".into()),
        ..NotePatch::default()
    };
    assert_eq!(
        serde_json::to_value(&patch).expect("writable"),
        json!({"title": "Groceries"})
    );
    assert!(NotePatch::default().is_empty());
    assert!(!patch.is_empty());
}

proptest! {
    #[test]
    fn any_note_reads_back(
        id in any::<i64>(), title in ".*", modified in any::<i64>(), category in ".*", favorite: bool,
        readonly: bool, content in proptest::option::of(".*"), tag in "[0-9a-f]{1,32}",
    ) {
        let note = NoteEntry {
            id: NoteId(id), title, modified, category, favorite, readonly, internal_path: None,
            share_types: vec![], is_shared: false, error: false, error_type: String::new(),
            content, etag: ETag::parse(&tag),
        };
        let written = serde_json::to_string(&note).expect("writable");
        prop_assert_eq!(&serde_json::from_str::<NoteEntry>(&written).expect("readable"), &note);
        prop_assert_eq!(serde_json::from_str::<ListItem>(&written).expect("readable"), ListItem::Note(Box::new(note)));
    }
}
