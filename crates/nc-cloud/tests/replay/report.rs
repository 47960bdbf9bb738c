//! What the replay found, for the page in the docs: `cargo xtask generate` names a folder, and gets a file an area.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf};

use serde_json::json;

/// The variable with the folder.
const FOLDER: &str = "NEXTCLOUD_COMPARED";

/// An exchange that is answered otherwise on purpose.
pub(crate) fn differs(area: &str, name: &str, texts: &[&str], reason: &str) {
    // The words of a body vary; the status does not.
    let texts: Vec<_> = texts
        .iter()
        .map(|text| {
            if text.starts_with("status") {
                text.split_once(" here").map_or(*text, |(status, _)| status)
            } else {
                text
            }
        })
        .collect();
    write(area, &json!({ "name": name, "texts": texts, "reason": reason }));
}

/// An exchange with a part of Nextcloud that is not here.
pub(crate) fn is_absent(area: &str, name: &str, reason: &str) {
    write(area, &json!({ "name": name, "texts": null, "reason": reason }));
}

fn write(area: &str, line: &serde_json::Value) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one that runs the tests says where to write"
    )]
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(format!("{area}.jsonl")));
    writeln!(file.unwrap(), "{line}").unwrap();
}
