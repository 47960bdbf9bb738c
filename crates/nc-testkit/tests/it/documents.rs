//! Documents, through every layer: stored in the cloud, read by the tool, in a process of their own.

use std::os::unix::fs::PermissionsExt as _;

use nc_server::config::Mode;
use nc_testkit::app::{Reply, TestApp};
use serde_json::{Value, json};

pub(crate) async fn store(app: &TestApp, name: &str, bytes: Vec<u8>) {
    let url = format!("{}/remote.php/dav/files/alice/{name}", app.cloud_url);
    let request = app
        .http()
        .put(url)
        .header("authorization", app.alice.basic())
        .body(bytes);
    let status = request.send().await.expect("an answer").status();
    assert!(status.is_success(), "{name}: {status}");
}

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../../fixtures/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("a sample")
}

pub(crate) async fn ask(app: &TestApp, name: &str, mut arguments: Value) -> Reply {
    arguments["path"] = json!(name);
    app.call("nc_webdav_read_file", &arguments).await
}

#[tokio::test]
async fn documents_of_every_format_come_as_markdown() {
    let app = TestApp::boot().await;
    for (name, format, wanted) in [
        ("report.pdf", "PDF", "# Harvest"),
        ("plan.docx", "DOCX", "| Tomato | 3 |"),
        ("budget.xlsx", "XLSX", "| Seeds | 12.5 | 2026-03-14 | 25% |"),
        ("talk.pptx", "PPTX", "## Slide 2: Plants"),
        ("plan.odt", "ODT", "   - deep"),
        ("budget.ods", "ODS", "| Sum | 12.5 |"),
        ("talk.odp", "ODP", "Spring 2026"),
        ("letter.rtf", "RTF", "Gr\u{fc}\u{df}e"),
        ("offer.eml", "EML", "# Offer"),
    ] {
        let bytes = match name {
            "letter.rtf" => br"{\rtf1\ansi Gr\'fc\'dfe\par}".to_vec(),
            "offer.eml" => b"From: a@example.org\r\nSubject: Offer\r\n\r\nHello.\r\n".to_vec(),
            name => sample(name),
        };
        store(&app, name, bytes).await;
        let read = ask(&app, name, json!({})).await.structured();
        let text = read["content"].as_str().expect("text");
        assert!(text.contains(wanted), "{name}: {text}");
        assert_eq!(read["parsed"], true, "{name}");
        assert_eq!(read["parse_status"], "parsed");
        assert_eq!(read["content_format"], "markdown");
        assert_eq!(read["parsing_metadata"]["format"], format);
        assert!(read["page_count"].as_u64() >= Some(1), "{name}: {read}");
        assert_eq!(read["truncated"], false);
        assert!(
            read["etag"].is_string() && read["parse_processor"].is_string(),
            "{read}"
        );
    }
}

#[tokio::test]
async fn text_formats_stay_as_they_are_unless_markdown_is_asked_for() {
    let app = TestApp::boot().await;
    for (name, stored, wanted) in [
        ("page.html", "<h1>Plan</h1><p>text</p>", "# Plan\n\ntext"),
        ("table.csv", "a;b\n1;2\n", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("table.tsv", "a\tb\n1\t2\n", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("notes.txt", "just text\n", "just text"),
    ] {
        store(&app, name, stored.into()).await;
        let read = ask(&app, name, json!({})).await.structured();
        assert_eq!(
            (&read["content"], &read["parsed"]),
            (&json!(stored), &json!(false)),
            "{name}"
        );
        let read = ask(&app, name, json!({ "parse_document": "markdown" }))
            .await
            .structured();
        assert_eq!(
            (&read["content"], &read["parsed"]),
            (&json!(wanted), &json!(true)),
            "{name}"
        );
    }
    store(&app, "old.csv", b"Stra\xDFe,1\n".to_vec()).await;
    let read = ask(&app, "old.csv", json!({ "parse_document": "markdown" }))
        .await
        .structured();
    assert_eq!(read["encoding"], "windows-1252");
    assert!(
        read["parse_notes"][0].as_str().expect("a note").contains("guessed"),
        "{read}"
    );
}

#[tokio::test]
async fn raw_gives_the_bytes_of_a_document() {
    let app = TestApp::boot().await;
    store(&app, "report.pdf", sample("report.pdf")).await;
    let read = ask(&app, "report.pdf", json!({ "parse_document": "raw" }))
        .await
        .structured();
    assert_eq!((&read["encoding"], &read["parsed"]), (&json!("base64"), &json!(false)));
    let text = ask(&app, "report.pdf", json!({ "parse_document": "raw", "page_start": 2 }))
        .await
        .error_text();
    assert!(text.starts_with("invalid_argument: "), "{text}");
}

#[tokio::test]
async fn pages_are_read_by_their_numbers() {
    let app = TestApp::boot().await;
    store(&app, "report.pdf", sample("report.pdf")).await;
    let read = ask(&app, "report.pdf", json!({ "page_start": 2, "page_end": 2 }))
        .await
        .structured();
    let text = read["content"].as_str().expect("text");
    assert!(text.contains("Forty kilos") && !text.contains("More beans"), "{text}");
    assert_eq!(
        (
            &read["page_start"],
            &read["page_end"],
            &read["page_count"],
            &read["truncated"]
        ),
        (&json!(2), &json!(2), &json!(3), &json!(false))
    );
    let text = ask(&app, "report.pdf", json!({ "page_start": 9 })).await.error_text();
    assert!(
        text.starts_with("invalid_argument: ") && text.contains("3 pages"),
        "{text}"
    );
}

#[tokio::test]
async fn a_long_document_is_read_part_by_part_to_its_end() {
    let app = TestApp::boot().await;
    let lines: Vec<String> = (0..4000)
        .map(|line| format!("<p>line {line} of a long page</p>"))
        .collect();
    store(&app, "long.html", lines.concat().into_bytes()).await;
    let mut text = String::new();
    let mut arguments = json!({ "parse_document": "markdown", "max_bytes": 7000 });
    for _ in 0..100 {
        let read = ask(&app, "long.html", arguments.clone()).await.structured();
        let piece = read["content"].as_str().expect("text");
        assert!(piece.len() <= 7000, "{} bytes", piece.len());
        text.push_str(piece);
        text.push('\n');
        if read["truncated"] == false {
            break;
        }
        let notes = read["parse_notes"].to_string();
        assert!(
            notes.contains(&format!("page_start {}", read["next_page_start"])),
            "{notes}"
        );
        arguments["page_start"] = read["next_page_start"].clone();
        arguments["offset"] = json!(read["next_offset"].as_u64().unwrap_or(0));
    }
    let found = text.matches("of a long page").count();
    assert_eq!(found, 4000);
}

#[tokio::test]
async fn a_document_whose_name_lies_is_read_by_its_content() {
    let app = TestApp::boot().await;
    store(&app, "scan.docx", sample("report.pdf")).await;
    let read = ask(&app, "scan.docx", json!({})).await.structured();
    assert_eq!(read["parsing_metadata"]["format"], "PDF");
    assert!(read["parse_notes"].to_string().contains("named like DOCX"), "{read}");
    store(&app, "plan", sample("plan.docx")).await;
    let read = ask(&app, "plan", json!({})).await.structured();
    assert_eq!(read["parsing_metadata"]["format"], "DOCX");
}

#[tokio::test]
async fn what_cannot_be_read_says_what_to_do() {
    let app = TestApp::boot().await;
    for (name, bytes, code, advice) in [
        ("locked.pdf", sample("locked.pdf"), "encrypted", "without"),
        ("scan.pdf", sample("scan.pdf"), "no_text_layer", "OCRmyPDF"),
        (
            "old.doc",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest".to_vec(),
            "unsupported",
            "save it as DOCX",
        ),
        (
            "sealed.docx",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest".to_vec(),
            "encrypted",
            "password",
        ),
        (
            "half.docx",
            sample("plan.docx")[..9000].to_vec(),
            "damaged",
            "sound copy",
        ),
        (
            "half.pdf",
            sample("report.pdf")[..700].to_vec(),
            "damaged",
            "sound copy",
        ),
        ("noise.pdf", vec![0xA5; 5000], "damaged", "sound copy"),
    ] {
        store(&app, name, bytes).await;
        let text = ask(&app, name, json!({})).await.error_text();
        assert!(
            text.starts_with(&format!("{code}: ")) && text.contains(advice),
            "{name}: {text}"
        );
    }
    for (name, bytes) in [
        ("photos.zip", b"PK\x03\x04\0\xFFrest".to_vec()),
        ("data.bin", vec![0, 1, 2, 3]),
    ] {
        store(&app, name, bytes).await;
        let read = ask(&app, name, json!({})).await.structured();
        assert_eq!(
            (&read["encoding"], &read["parsed"]),
            (&json!("base64"), &json!(false)),
            "{name}"
        );
        let text = ask(&app, name, json!({ "parse_document": "markdown" }))
            .await
            .error_text();
        assert!(
            text.starts_with("unsupported: ") || text.starts_with("damaged: "),
            "{name}: {text}"
        );
    }
}

#[tokio::test]
async fn the_operator_can_switch_reading_of_documents_off() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("NEXTCLOUD_MCP_DOCUMENTS", "false")]).await;
    store(&app, "plan.docx", sample("plan.docx")).await;
    let read = ask(&app, "plan.docx", json!({})).await.structured();
    assert_eq!((&read["encoding"], &read["parsed"]), (&json!("base64"), &json!(false)));
    let text = ask(&app, "plan.docx", json!({ "parse_document": "markdown" }))
        .await
        .error_text();
    assert!(
        text.starts_with("unsupported: ") && text.contains("switched off"),
        "{text}"
    );
}

#[tokio::test]
async fn text_in_pictures_is_read_where_tesseract_is_installed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("tesseract");
    std::fs::write(&program, "#!/bin/sh\necho \"a sign, read with $*\"\n").expect("a program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let stand_in = program.to_str().expect("a path").to_owned();
    // The real one is tried where it is there.
    let installed = "/usr/bin/tesseract";
    let is_installed = std::path::Path::new(installed).is_file();
    for (program, languages, wanted) in [
        (Some(stand_in.as_str()), "eng,deu", "a sign, read with - - -l eng+deu"),
        (is_installed.then_some(installed), "eng", "Garden sign 42"),
    ] {
        let Some(program) = program else { continue };
        let settings = [("TESSERACT_CMD", program), ("TESSERACT_LANG", languages)];
        let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
        store(&app, "sign.png", sample("sign.png")).await;
        let read = ask(&app, "sign.png", json!({})).await.structured();
        assert_eq!(
            (&read["content"], &read["parse_tier"]),
            (&json!(wanted), &json!("ocr")),
            "{read}"
        );
        // What only its name says to be a picture never gets there.
        store(&app, "list.png", b"/etc/hosts\n/\xE4.png\n".to_vec()).await;
        let read = ask(&app, "list.png", json!({ "parse_document": "markdown" }))
            .await
            .structured();
        assert_eq!(read["parse_tier"], "text", "{read}");
    }
    let app = TestApp::boot().await;
    store(&app, "sign.png", sample("sign.png")).await;
    let read = ask(&app, "sign.png", json!({})).await.structured();
    assert_eq!((&read["encoding"], &read["parsed"]), (&json!("base64"), &json!(false)));
    assert!(read["parse_notes"].to_string().contains("Tesseract"), "{read}");
    let text = ask(&app, "sign.png", json!({ "parse_document": "markdown" }))
        .await
        .error_text();
    assert!(
        text.starts_with("missing_program: ") && text.contains("tesseract-ocr"),
        "{text}"
    );
}

#[tokio::test]
async fn a_document_beyond_the_limit_is_refused_before_it_is_downloaded() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("DOCUMENT_MAX_PDF_SIZE_MB", "1")]).await;
    let mut big = sample("report.pdf");
    big.resize(3 << 20, b'\n');
    store(&app, "big.pdf", big).await;
    app.recorder.take();
    let text = ask(&app, "big.pdf", json!({})).await.error_text();
    assert!(text.starts_with("too_large: ") && text.contains("3 MiB"), "{text}");
    let sent = app.recorder.take();
    let of_file = sent.iter().filter(|sent| sent.path.contains("big.pdf"));
    assert_eq!(of_file.count(), 1, "only the start was read");
}
