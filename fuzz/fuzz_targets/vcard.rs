//! Contact cards: what is read is written back byte for byte, and a change says what was wished and loses nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::vcard::{Card, ContactPatch, NewDetail, Wish};

fuzz_target!(|data: &[u8]| {
    let Ok(mut card) = Card::parse(data) else { return };
    assert_eq!(card.to_bytes(), data);
    let before = card.contact();
    let others_before = others(&card);
    let wished = NewDetail {
        value: "x;y,z\\".to_owned(),
        kind: Some("home".to_owned()),
        label: Some("Boat".to_owned()),
        ..NewDetail::default()
    };
    let mut phones: Vec<NewDetail> = before
        .phones
        .iter()
        .map(|phone| NewDetail { value: phone.value.clone(), ..NewDetail::default() })
        .collect();
    phones.push(wished);
    let patch = ContactPatch {
        full_name: Some("Ada".to_owned()),
        note: Wish::Set("one\ntwo".to_owned()),
        phones: Some(phones.clone()),
        ..ContactPatch::default()
    };
    card.apply(&patch).expect("a patch with a name");
    let written = card.to_bytes();
    let again = Card::parse(&written).expect("a card that was written");
    let after = again.contact();
    assert_eq!((after.full_name.as_str(), after.note.as_deref()), ("Ada", Some("one\ntwo")));
    assert_eq!(after.phones.len(), phones.len());
    assert_eq!((after.emails, after.uid, after.categories), (before.emails, before.uid, before.categories));
    assert_eq!(others(&again), others_before);
    assert_eq!(again.to_bytes(), written);
});

/// What the change is not about, as it was written. Phones without a number are replaced with the others.
fn others(card: &Card) -> Vec<String> {
    let properties = card.root().properties();
    let others = properties.filter(|property| {
        let name = property.name().to_ascii_uppercase();
        !["TEL", "FN", "NOTE", "REV", "X-ABLABEL"].contains(&name.as_str())
    });
    others.map(|property| format!("{property:?}")).collect()
}
