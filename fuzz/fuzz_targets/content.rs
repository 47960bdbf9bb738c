//! Content lines: what is read is written back, and a change changes nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::content::{Document, Property};

fuzz_target!(|data: &[u8]| {
    let Ok(mut document) = Document::parse(data) else {
        return;
    };
    assert_eq!(document.to_bytes(), data, "what is not changed is written back");
    let text = String::from_utf8_lossy(data).into_owned();
    let root = document.root_mut().expect("a component");
    let before = root
        .properties()
        .filter(|property| !property.is("X-FUZZ"))
        .cloned()
        .collect::<Vec<_>>();
    root.set(Property::text("X-FUZZ", &text).with("X-P", &text));
    let again = Document::parse(&document.to_bytes()).expect("what is written reads");
    let root = again.root().expect("a component");
    let after = root
        .properties()
        .filter(|property| !property.is("X-FUZZ"))
        .collect::<Vec<_>>();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        assert_eq!((before.name(), before.value()), (after.name(), after.value()));
        assert_eq!(before.parameters(), after.parameters());
    }
    assert!(
        root.property("X-FUZZ").is_some(),
        "a value cannot break out of its line"
    );
});
