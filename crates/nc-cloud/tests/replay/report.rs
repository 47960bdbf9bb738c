//! What the replay found, for the page in the docs: `cargo xtask generate` names a folder, and gets a file an area.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf};

use serde_json::json;

/// The variable with the folder.
const FOLDER: &str = "NEXTCLOUD_COMPARED";

/// An exchange that is answered otherwise on purpose.
pub(crate) fn differs(area: &str, name: &str, texts: &[&str], reason: &str) {
    let texts: Vec<_> = texts.iter().map(|text| without_what_varies(text)).collect();
    write(area, &json!({ "name": name, "texts": texts, "reason": reason }));
}

/// An exchange with a part of Nextcloud that is not here.
pub(crate) fn is_absent(area: &str, name: &str, reason: &str) {
    write(area, &json!({ "name": name, "texts": null, "reason": reason }));
}

/// The page is compared byte for byte, so it has no names that are made up in each run, and no words of bodies.
fn without_what_varies(text: &str) -> String {
    if text.starts_with("status") {
        return text.split_once(" here").map_or(text, |(status, _)| status).to_owned();
    }
    let mut rest = text;
    let mut kept = String::new();
    while let Some(first) = rest.chars().next() {
        let length = match rest.get(..36) {
            Some(word) if is_uuid(word) => {
                kept.push('…');
                36
            }
            _ => {
                kept.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    kept
}

fn is_uuid(word: &str) -> bool {
    word.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
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

#[test]
fn what_is_made_up_in_a_run_is_left_out() {
    let text = "property x of /personal/sabredav-cafa7899-bea8-4f43-83d5-7766ab82e6d7.ics is ü";
    assert_eq!(without_what_varies(text), "property x of /personal/sabredav-….ics is ü");
    assert_eq!(
        without_what_varies("status 500 in the recording, 400 here: {}"),
        "status 500 in the recording, 400"
    );
}
