//! Documents as office programs write them, read in this process.

use std::path::PathBuf;

use nc_documents::{ErrorKind, ExtractError, Extracted, Format, Limits, PageKind, Request, Wanted, extract};

fn bytes(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/documents")
        .join(name);
    std::fs::read(path).expect("a sample")
}

fn read_as(name: &str, bytes: &[u8], wanted: Wanted) -> Result<Extracted, ExtractError> {
    let request = Request {
        name: name.to_owned(),
        wanted,
        limits: Limits::default(),
    };
    extract(bytes, &request)
}

fn read(name: &str) -> Extracted {
    read_as(name, &bytes(name), Wanted::default()).expect("text")
}

#[test]
fn a_word_document_keeps_headings_lists_tables_links_and_marks() {
    let read = read("plan.docx");
    insta::assert_snapshot!(read.text);
    assert_eq!(
        (read.format, read.page_count, read.page_kind),
        (Format::Docx, 1, PageKind::Part)
    );
    assert_eq!(
        (read.metadata["title"].as_str(), read.metadata["author"].as_str()),
        ("Garden plan", "Ada Green")
    );
}

#[test]
fn a_workbook_shows_values_dates_and_the_state_of_its_sheets() {
    let read = read("budget.xlsx");
    insta::assert_snapshot!(read.text);
    assert_eq!((read.page_count, read.page_kind), (4, PageKind::Sheet));
    assert_eq!(
        read.metadata["sheets"],
        "Budget, Secrets (hidden), Deep (hidden from the menu too), Empty"
    );
}

#[test]
fn formulas_without_values_are_shown_as_formulas() {
    let read = read("formulas.xlsx");
    assert!(read.text.contains("| Sum | =SUM(B2:B3) |"), "{}", read.text);
    assert!(
        read.notes.iter().any(|note| note.contains("formulas")),
        "{:?}",
        read.notes
    );
}

#[test]
fn slides_have_titles_points_tables_and_notes() {
    let read = read("talk.pptx");
    insta::assert_snapshot!(read.text);
    assert_eq!((read.page_count, read.page_kind), (3, PageKind::Slide));
}

#[test]
fn an_open_document_text_is_read() {
    insta::assert_snapshot!(read("plan.odt").text);
}

#[test]
fn an_open_document_sheet_stops_at_what_is_used() {
    let read = read("budget.ods");
    insta::assert_snapshot!(read.text);
    assert_eq!(read.page_count, 2);
}

#[test]
fn an_open_document_presentation_is_read() {
    let read = read("talk.odp");
    insta::assert_snapshot!(read.text);
    assert_eq!(read.page_count, 2);
}

#[test]
fn a_pdf_is_read_page_by_page_with_headings() {
    let whole = read("report.pdf");
    insta::assert_snapshot!(whole.text);
    assert_eq!((whole.page_count, whole.page_kind), (3, PageKind::Page));
    assert_eq!(whole.metadata["title"], "Garden report");
    let second = Wanted {
        first_page: 2,
        last_page: Some(2),
        ..Wanted::default()
    };
    let second = read_as("report.pdf", &bytes("report.pdf"), second).expect("text");
    assert!(
        second.text.contains("Forty kilos") && !second.text.contains("More beans"),
        "{}",
        second.text
    );
    assert_eq!((second.first_page, second.last_page, second.next), (2, 2, None));
}

#[test]
fn a_pdf_in_object_streams_and_one_that_only_forbids_printing_read_the_same() {
    let text = read("report.pdf").text;
    assert_eq!(read("streams.pdf").text, text);
    assert_eq!(read("unprintable.pdf").text, text);
}

#[test]
fn what_cannot_be_read_says_why() {
    for (name, kind) in [
        ("locked.pdf", ErrorKind::Encrypted),
        ("scan.pdf", ErrorKind::NoTextLayer),
        ("sign.png", ErrorKind::MissingProgram),
    ] {
        let error = read_as(name, &bytes(name), Wanted::default()).expect_err(name);
        assert_eq!(error.kind, kind, "{name}: {error}");
    }
}

#[test]
fn a_document_is_known_by_its_content_whatever_its_name() {
    let read = read_as("notes", &bytes("plan.docx"), Wanted::default()).expect("text");
    assert_eq!(read.format, Format::Docx);
    let read = read_as("plan.xlsx", &bytes("plan.docx"), Wanted::default()).expect("text");
    assert_eq!(read.format, Format::Docx);
    assert!(read.notes[0].contains("named like XLSX"), "{:?}", read.notes);
    let read = read_as("report.docx", &bytes("report.pdf"), Wanted::default()).expect("text");
    assert_eq!(read.format, Format::Pdf);
}

/// Whatever is done to a file, its reader ends with text or an error.
#[test]
fn flipped_bytes_never_break_a_reader_of_ours() {
    for name in [
        "plan.docx",
        "budget.xlsx",
        "talk.pptx",
        "plan.odt",
        "budget.ods",
        "talk.odp",
    ] {
        let sound = bytes(name);
        // A small generator of pseudorandom numbers, so that a failure can be repeated.
        let mut state = 0x9E37_79B9_u64;
        for _ in 0..60 {
            let mut broken = sound.clone();
            for _ in 0..8 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = usize::try_from(state % broken.len() as u64).expect("a place");
                broken[at] ^= u8::try_from(state >> 56).expect("a byte") | 1;
            }
            let _ = read_as(name, &broken, Wanted::default());
        }
    }
}
