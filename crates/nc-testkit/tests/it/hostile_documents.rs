//! Documents that are made to do harm, through every layer. Each ends in an error that says what it is, and the server lives on.

use std::time::Duration;

use nc_documents::{Extractor, Limits, Settings, Wanted};
use nc_server::config::Mode;
use nc_testkit::{
    app::{TestApp, document_child, send},
    documents::{archive, docx, pdf, pdf_bomb, pdf_of_one, pdf_of_pages, pdf_without_end, stream, xlsx},
};
use serde_json::json;

use crate::documents::{ask, store};

#[tokio::test]
async fn each_ends_in_an_error_that_says_what_it_is() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("DOCUMENT_PARSE_MEM_LIMIT_MB", "256")]).await;
    let nested = archive(&[("inner.docx", &docx(b"<document/>"))]);
    let entities = br#"<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><document><body>&b;</body></document>"#;
    let deep = [b"<a>".repeat(100_000), b"</a>".repeat(100_000)].concat();
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>";
    let names: Vec<String> = (0..20_000).map(|number| format!("entry{number}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let noise: Vec<u8> = (0..40_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let garbage = |mark: &[u8]| [mark, &noise].concat();
    for (name, bytes, code) in [
        ("bomb.docx", docx(&b" ".repeat(32 << 20)), "too_large"),
        ("bomb.pdf", pdf_bomb(), "out_of_memory"),
        ("entries.docx", archive(&entries), "too_large"),
        ("nested.docx", nested, "unsupported"),
        ("entities.docx", docx(entities), "damaged"),
        ("deep.docx", docx(&deep), "too_large"),
        (
            "deep.rtf",
            [&b"{\\rtf1"[..], &b"{".repeat(100_000)].concat(),
            "too_large",
        ),
        (
            "pages.pdf",
            pdf(&[
                b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
                b"<</Type/Pages/Count 3/Kids[2 0 R 2 0 R]>>".to_vec(),
            ]),
            "damaged",
        ),
        (
            "circle.pdf",
            pdf_of_one("", b"5 0 R".to_vec(), &[b"4 0 R".to_vec()]),
            "no_text_layer",
        ),
        (
            "form.pdf",
            pdf_of_one("/XObject<</X 5 0 R>>", stream("", b"/X Do"), &[stream(form, b"/X Do")]),
            "damaged",
        ),
        ("noise.pdf", garbage(b"%PDF-1.7\n"), "damaged"),
        ("noise.docx", garbage(b"PK\x03\x04"), "damaged"),
        ("noise.ods", garbage(b"PK\x03\x04\x14\0"), "damaged"),
        ("noise.rtf", garbage(b"{\\rtf1"), "damaged"),
        ("noise.doc", garbage(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "unsupported"),
        (
            "noise.png",
            [garbage(b"\x89PNG\r\n\x1A\n"), vec![0; 300_000]].concat(),
            "missing_program",
        ),
    ] {
        store(&app, name, bytes).await;
        let text = ask(&app, name, json!({})).await.error_text();
        assert!(text.starts_with(&format!("{code}: ")), "{name}: {text}");
        assert!(
            text.len() < 400 && !text.contains("panicked") && !text.contains("remote.php"),
            "{name}: {text}"
        );
    }
    store(&app, "fine.rtf", b"{\\rtf1 fine\\par}".to_vec()).await;
    assert_eq!(ask(&app, "fine.rtf", json!({})).await.structured()["content"], "fine");
}

#[tokio::test]
async fn ten_thousand_pages_are_read_a_range_at_a_time() {
    let app = TestApp::boot().await;
    store(&app, "long.pdf", pdf_of_pages(10_000)).await;
    let read = ask(&app, "long.pdf", json!({ "page_start": 9_000, "page_end": 9_002 }))
        .await
        .structured();
    assert_eq!(
        (&read["page_count"], &read["page_end"], &read["truncated"]),
        (&json!(10_000), &json!(9_002), &json!(false))
    );
    let text = read["content"].as_str().expect("text");
    assert!(
        text.contains("Page number 9000") && text.contains("Page number 9002") && !text.contains("9003"),
        "{text}"
    );
    let read = ask(&app, "long.pdf", json!({})).await.structured();
    assert_eq!(
        (&read["page_end"], &read["next_page_start"]),
        (&json!(150), &json!(151))
    );
    assert!(
        read["parse_notes"].to_string().contains("page_start 151"),
        "{}",
        read["parse_notes"]
    );
}

#[tokio::test]
async fn a_sheet_that_claims_a_million_rows_costs_what_it_holds() {
    let app = TestApp::boot().await;
    let rows: Vec<String> = (1..=1_048_576)
        .step_by(16)
        .map(|row| format!("<row r=\"{row}\"/>"))
        .collect();
    let rows = rows.concat();
    let sheet = format!(
        "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row>{rows}\
         <row r=\"1048576\"><c r=\"XFD1048576\"><v>8</v></c></row></sheetData></worksheet>"
    );
    store(&app, "claims.xlsx", xlsx(sheet.as_bytes())).await;
    let read = ask(&app, "claims.xlsx", json!({})).await.structured();
    assert!(read["content"].as_str().expect("text").contains("| 7 |"), "{read}");
    assert!(
        read["parse_notes"].to_string().contains("wider than what is shown"),
        "{read}"
    );
}

#[tokio::test]
async fn a_document_without_end_is_ended_and_pages_are_proposed() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("DOCUMENT_READ_TIMEOUT_SECONDS", "1")]).await;
    store(&app, "endless.pdf", pdf_without_end()).await;
    let text = ask(&app, "endless.pdf", json!({})).await.error_text();
    assert!(
        text.starts_with("timeout: ") && text.contains("page_start 1 and page_end 5"),
        "{text}"
    );
}

#[tokio::test]
async fn a_reader_ends_with_the_client_that_wanted_its_text() {
    let settings = [("DOCUMENT_PARSE_PROCESS_SLOTS", "1")];
    let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
    store(&app, "endless.pdf", pdf_without_end()).await;
    store(&app, "fine.rtf", b"{\\rtf1 fine\\par}".to_vec()).await;
    let endless = json!({ "path": "endless.pdf" });
    let first = tokio::spawn(send(
        app.tool("nc_webdav_read_file", &endless)
            .timeout(Duration::from_secs(30)),
    ));
    // The only slot is taken by then: its process reads until its time is up.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let text = ask(&app, "fine.rtf", json!({})).await.error_text();
    assert!(text.starts_with("busy: "), "{text}");
    first.abort();
    assert_eq!(ask(&app, "fine.rtf", json!({})).await.structured()["content"], "fine");
}

#[tokio::test]
async fn whoever_asked_for_it_hears_that_a_document_is_being_read() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("DOCUMENT_READ_TIMEOUT_SECONDS", "3")]).await;
    store(&app, "endless.pdf", pdf_without_end()).await;
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "nc_webdav_read_file",
            "arguments": { "path": "endless.pdf" },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": nc_testkit::app::MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
                "progressToken": "t",
            },
        },
    });
    let request = app
        .post(body.to_string())
        .header("mcp-protocol-version", nc_testkit::app::MODERN)
        .header("mcp-method", "tools/call")
        .header("mcp-name", "nc_webdav_read_file");
    let reply = send(request).await;
    let notes = reply.text.matches("notifications/progress").count();
    assert!(notes >= 2, "{}", reply.text);
    assert!(reply.error_text().starts_with("timeout: "), "{}", reply.text);
}

/// Whatever is done to a file, its process ends with text or an error, and this one goes on.
#[tokio::test]
async fn flipped_bytes_never_break_more_than_the_process_that_reads_them() {
    let extractor = Extractor::new(Settings {
        executable: document_child().expect("the program"),
        limits: Limits {
            seconds: 10,
            memory_bytes: 256 << 20,
            ..Limits::default()
        },
        processes: 2,
        tesseract: None,
        languages: "eng".to_owned(),
    });
    let folder = format!("{}/../../fixtures/documents", env!("CARGO_MANIFEST_DIR"));
    let mut samples: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("samples")
        .filter_map(Result::ok)
        .map(|file| {
            (
                file.file_name().to_string_lossy().into_owned(),
                std::fs::read(file.path()).expect("a sample"),
            )
        })
        .filter(|(name, _)| !matches!(name.as_str(), "sign.png" | "README.md"))
        .collect();
    samples.push((
        "letter.rtf".to_owned(),
        b"{\\rtf1{\\fonttbl{\\f0 A;}}\\trowd a\\cell\\row\\par \\u252?}".to_vec(),
    ));
    samples.push((
        "page.html".to_owned(),
        b"<html><table><tr><td>a<ul><li>b</table><p>c".to_vec(),
    ));
    samples.push((
        "offer.eml".to_owned(),
        b"From: a@b.c\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n"
            .to_vec(),
    ));
    // A small generator of pseudorandom numbers, so that a failure can be repeated.
    let mut state = 0x9E37_79B9_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut read, mut refused) = (0, 0);
    for (name, sound) in &samples {
        for _ in 0..12 {
            let mut broken = sound.clone();
            for _ in 0..6 {
                let at = usize::try_from(next() % broken.len() as u64).expect("a place");
                broken[at] ^= u8::try_from(next() >> 56).expect("a byte") | 1;
            }
            let size = broken.len() as u64;
            let mut work = extractor
                .start(name, size, None, Wanted::default())
                .await
                .expect("a process");
            work.feed(&broken).await.expect("in time");
            match work.finish().await {
                Ok(_) => read += 1,
                Err(error) => {
                    assert_ne!(error.kind, nc_documents::ErrorKind::Internal, "{name}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}
