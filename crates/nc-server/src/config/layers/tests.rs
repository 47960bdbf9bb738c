use std::io::Write;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn error(file: Option<&Path>, pairs: &[(&str, &str)]) -> String {
    let error = Layers::read(file, &environment(pairs), &[])
        .expect_err("an error")
        .to_string();
    match file {
        Some(path) => error.replace(&path.display().to_string(), "FILE"),
        None => error,
    }
}

#[test]
fn each_layer_wins_over_the_one_before() {
    let file = file("[server]\nport = 1\nhost = \"h\"\npath = \"/file\"\n");
    let flags = [("--port", "server.port", "3".to_owned())];
    let pairs = [("PORT", "2"), ("NEXTCLOUD_MCP__SERVER__HOST", "env")];
    let layers = Layers::read(Some(file.path()), &environment(&pairs), &flags).expect("layers");
    assert_eq!(layers.get("server.port"), Some(("3", Source::Flag("--port"))));
    assert_eq!(layers.get("server.host").map(|value| value.0), Some("env"));
    assert_eq!(layers.get("server.path").map(|value| value.0), Some("/file"));
    assert_eq!(layers.get("log.level"), Some(("info", Source::Default)));
}

#[test]
fn unknown_keys_are_errors_with_a_suggestion() {
    let typo = file("[server]\nprot = 1\n");
    insta::assert_snapshot!(error(Some(typo.path()), &[]), @"unknown setting `server.prot` in file FILE; did you mean `server.port`?");
    let section = file("port = 1\n");
    insta::assert_snapshot!(error(Some(section.path()), &[]), @"unknown setting `port` in file FILE");
    insta::assert_snapshot!(error(None, &[("NEXTCLOUD_MCP__SERVER__PROT", "1")]), @"unknown setting `NEXTCLOUD_MCP__SERVER__PROT` in the environment; did you mean `NEXTCLOUD_MCP__SERVER__PORT`?");
}

#[test]
fn values_of_the_wrong_kind_are_refused_by_name() {
    insta::assert_snapshot!(error(None, &[("PORT", "http")]), @"server.port (environment PORT) must be a whole number from 0 to 65535, not `http`");
    insta::assert_snapshot!(error(None, &[("NEXTCLOUD_VERIFY_SSL", "maybe")]), @"cloud.verify_tls (environment NEXTCLOUD_VERIFY_SSL) must be true or false, not `maybe`");
    insta::assert_snapshot!(error(None, &[("NEXTCLOUD_HOST", "cloud.example.org")]), @"cloud.url (environment NEXTCLOUD_HOST) must be an http or https address, such as https://cloud.example.org, not `cloud.example.org`");
}

#[test]
fn secrets_come_from_files_but_not_from_two_places() {
    let secret = file("s3cret\r\n");
    let path = secret.path().to_str().expect("UTF-8");
    let layers = Layers::read(None, &environment(&[("NEXTCLOUD_PASSWORD_FILE", path)]), &[]).expect("layers");
    assert_eq!(layers.given("cloud.password"), Some("s3cret"));
    insta::assert_snapshot!(
        error(None, &[("NEXTCLOUD_PASSWORD_FILE", path), ("NEXTCLOUD_PASSWORD", "x")]),
        @"set NEXTCLOUD_PASSWORD or NEXTCLOUD_PASSWORD_FILE, not both"
    );
    let config = file(&format!("[cloud]\npassword_file = {path:?}\n"));
    let layers = Layers::read(Some(config.path()), &Environment::new(), &[]).expect("layers");
    assert_eq!(layers.given("cloud.password"), Some("s3cret"));
}

#[test]
fn empty_variables_are_unset() {
    let layers = Layers::read(None, &environment(&[("PORT", ""), ("NEXTCLOUD_HOST", "")]), &[]).expect("layers");
    assert_eq!(layers.given("server.port"), None);
    assert_eq!(layers.given("cloud.url"), None);
}

#[test]
fn names_of_the_peer_are_never_unknown() {
    let pairs = [
        ("QDRANT_URL", "x"),
        ("OIDC_ISSUER", "x"),
        ("NEXTCLOUD_USERNAM", "x"),
        ("PATH", "/bin"),
    ];
    let layers = Layers::read(None, &environment(&pairs), &[]).expect("layers");
    insta::assert_snapshot!(layers.notices.join("\n"), @r"
    NEXTCLOUD_USERNAM is not a setting; did you mean NEXTCLOUD_USERNAME?
    OIDC_ISSUER has no effect: set NEXTCLOUD_PUBLIC_ISSUER_URL
    ignored, for features this server does not have: QDRANT_URL
    ");
}

#[test]
fn the_switch_with_the_opposite_meaning_is_turned() {
    let layers = Layers::read(None, &environment(&[("MCP_DISABLE_CAPABILITY_GATING", "True")]), &[]).expect("layers");
    assert_eq!(layers.given("tools.hide_missing_apps"), Some("false"));
}

#[test]
fn tags_that_hide_files_are_read_under_the_name_of_the_peer() {
    let layers = Layers::read(None, &environment(&[("EXCLUDED_TAGS", "private, No AI")]), &[]).expect("layers");
    assert_eq!(layers.given("tools.excluded_tags"), Some("private, No AI"));
}
