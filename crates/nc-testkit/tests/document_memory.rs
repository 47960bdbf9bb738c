//! What is left in the server's memory of documents that it had read. In a process of its own, so that nothing else is measured.

use nc_testkit::{
    app::TestApp,
    documents::{docx, pdf_of_pages, pdf_without_end},
};
use serde_json::json;

/// The memory of this process that is in use, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace()
        .nth(1)
        .and_then(|size| size.parse().ok())
        .expect("a number")
}

async fn read_all(app: &TestApp) {
    for name in ["long.pdf", "bomb.docx", "endless.pdf", "big.pdf"] {
        drop(app.call("nc_webdav_read_file", &json!({ "path": name })).await);
    }
}

#[tokio::test]
async fn memory_returns_to_where_it_was() {
    let settings = [("DOCUMENT_READ_TIMEOUT_SECONDS", "2")];
    let app = TestApp::boot_with(nc_server::config::Mode::SingleUser, &settings).await;
    let mut big = pdf_of_pages(3);
    big.resize(40 << 20, b'\n');
    for (name, bytes) in [
        ("long.pdf", pdf_of_pages(10_000)),
        ("bomb.docx", docx(&b" ".repeat(64 << 20))),
        ("endless.pdf", pdf_without_end()),
        ("big.pdf", big),
    ] {
        let url = format!("{}/remote.php/dav/files/alice/{name}", app.cloud_url);
        let request = app
            .http()
            .put(url)
            .header("authorization", app.alice.basic())
            .body(bytes);
        assert!(request.send().await.expect("an answer").status().is_success());
    }
    // The first time fills what is kept for good: pools, threads, the database's pages.
    read_all(&app).await;
    let before = resident();
    for _ in 0..3 {
        read_all(&app).await;
    }
    let after = resident();
    assert!(after < before + (24 << 10), "{before} KiB before, {after} KiB after");
}
