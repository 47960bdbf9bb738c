//! Documents for the readers that are ours: office files, Rich Text Format, tables. Whatever comes, they end, within the limits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_documents::{Limits, Request, Wanted, extract};

fuzz_target!(|data: &[u8]| {
    let Some((kind, document)) = data.split_first() else { return };
    // The first byte is the name's ending; the other readers are of libraries, and run in a process that may die.
    let (name, mark): (_, &[u8]) = match kind {
        b'r' => ("a.rtf", b"{\\rtf"),
        b'c' => ("a.csv", b""),
        b't' => ("a.tsv", b""),
        b'z' => ("a.docx", b"PK\x03\x04"),
        _ => return,
    };
    if !document.starts_with(mark) || (mark.is_empty() && document.starts_with(b"%PDF-")) {
        return;
    }
    let limits = Limits {
        inflated_bytes: 16 << 20,
        markdown_bytes: 1 << 20,
        ..Limits::default()
    };
    let request = Request {
        name: name.to_owned(),
        wanted: Wanted::default(),
        limits,
    };
    let Ok(read) = extract(document, &request) else { return };
    assert!(read.text.len() <= request.wanted.text_bytes);
    assert!(read.first_page <= read.last_page);
    // What is left can be asked for, and comes further.
    if let Some(next) = read.next {
        assert!(next.page > read.last_page || next.offset > 0);
        let wanted = Wanted {
            first_page: next.page,
            offset: next.offset,
            ..request.wanted
        };
        assert!(extract(document, &Request { wanted, ..request }).is_ok(), "the rest cannot be read");
    }
});
