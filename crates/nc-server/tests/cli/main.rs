//! The binary as people and scripts run it.

mod accounts;
mod admin;
mod between;
mod doctor;
mod import;
mod issuer_tls;
mod ocm;
mod oidc_app;
mod program;
mod unregister;
mod wrong_key;

use std::time::Duration;

use program::{Demo, Program, text};
use serde_json::{Value, json};

#[test]
fn questions_that_make_no_sense_end_with_2_and_say_why() {
    for (arguments, wanted) in [
        (&["tols"][..], "unrecognized subcommand"),
        (&["serve", "--port", "99999"], "99999"),
        (&["serve"], "NEXTCLOUD_HOST"),
        (
            &["serve", "--nextcloud-host", "cloud.example.org"],
            "https://cloud.example.org",
        ),
        (
            &["stdio", "--nextcloud-host", "https://c.example"],
            "NEXTCLOUD_USERNAME",
        ),
        (
            &[
                "serve",
                "--mode",
                "oauth",
                "--host",
                "0.0.0.0",
                "--nextcloud-host",
                "http://127.0.0.1:9",
            ],
            "NEXTCLOUD_MCP_SERVER_URL",
        ),
        (&["demo", "--host", "0.0.0.0"], "NEXTCLOUD_MCP_TOKEN"),
        (&["call", "nc_get_capabilities", "[1]"], "one JSON object"),
        (
            &["--config", "/does/not/exist.toml", "config", "check"],
            "/does/not/exist.toml",
        ),
        (&["run", "--transport", "sse"], "streamable-http"),
    ] {
        let output = Program::new(arguments).output();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(
            text(&output.stderr).contains(wanted),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty(), "{arguments:?} printed data");
    }
}

#[test]
fn a_cloud_that_cannot_be_reached_ends_with_1() {
    let output = Program::new(&["call", "nc_get_capabilities"])
        .env("NEXTCLOUD_HOST", "http://127.0.0.1:9")
        .env("NEXTCLOUD_USERNAME", "alice")
        .env("NEXTCLOUD_PASSWORD", "secret-word")
        .output();
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("unreachable") && !error.contains("secret-word"),
        "{error}"
    );
}

#[test]
fn m05_an_issuer_that_cannot_be_asked_ends_with_1_before_anything_listens() {
    let output = Program::new(&["serve", "--mode", "oauth", "--port", "0"])
        .env("NEXTCLOUD_HOST", "http://127.0.0.1:9")
        .env(
            "OIDC_DISCOVERY_URL",
            "http://127.0.0.1:9/.well-known/openid-configuration",
        )
        .env("NEXTCLOUD_MCP__ISSUER__PATIENCE_S", "0")
        .output();
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("discovery document") && error.contains("cannot be reached") && !error.contains("MCP server:"),
        "{error}"
    );
}

#[test]
fn the_settings_can_be_looked_at_offline() {
    let show = Program::new(&["config", "show"])
        .env("NEXTCLOUD_PASSWORD", "hunter2")
        .env("NEXTCLOUD_USERNAME", "a")
        .output();
    let shown = text(&show.stdout);
    assert!(
        shown.contains("cloud.password = ********  # environment NEXTCLOUD_PASSWORD"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"));
    let schema: Value = serde_json::from_slice(&Program::new(&["config", "schema"]).output().stdout).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    let check = Program::new(&["config", "check"])
        .env("NEXTCLOUD_HOST", "https://c.example")
        .output();
    assert_eq!(check.status.code(), Some(0));
    let typo = Program::new(&["config", "check"])
        .env("NEXTCLOUD_MCP__SERVER__PROT", "1")
        .output();
    assert_eq!(typo.status.code(), Some(2));
    assert!(text(&typo.stderr).contains("NEXTCLOUD_MCP__SERVER__PORT"));
}

#[test]
fn help_version_and_completions_are_data() {
    for (arguments, wanted) in [
        (&["--help"][..], "Model Context Protocol"),
        (&["--version"], "nextcloud-mcp"),
        (&["completions", "bash"], "complete"),
    ] {
        let output = Program::new(arguments).output();
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(wanted), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_demo_says_where_it_is_and_ends_when_asked() {
    for signal in ["INT", "TERM"] {
        let mut demo = Demo::start(&[]);
        assert_eq!(demo.ready["users"].as_array().map(Vec::len), Some(2));
        let folder = demo.temporary_folder();
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1, "the data");
        let status = demo.end(signal);
        assert_eq!(status.code(), Some(0), "after SIG{signal}");
        assert_eq!(
            std::fs::read_dir(&folder).expect("a folder").count(),
            0,
            "data was left behind"
        );
    }
}

#[test]
fn kept_data_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let arguments = ["--data", data.to_str().expect("UTF-8")];
    let first = Demo::start(&arguments);
    let users = first.ready["users"].clone();
    first.call(
        "nc_webdav_write_file",
        &json!({ "path": "kept.txt", "content": "kept" }),
    );
    drop(first);
    let second = Demo::start(&arguments);
    assert_eq!(second.ready["users"], users);
    assert_eq!(
        second.call("nc_webdav_read_file", &json!({ "path": "kept.txt" }))["content"],
        "kept"
    );
}

#[test]
fn tools_are_called_from_the_shell() {
    let demo = Demo::start(&[]);
    let found = demo.call("nc_notes_search_notes", &json!({ "query": "coffee" }));
    assert_eq!(found["results"][0]["title"], "Shopping");
    let output = demo
        .program(&["call", "nc_webdav_read_file", "{\"path\": \"none\"}"])
        .output();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not_found"), "{}", text(&output.stderr));
    let output = demo.program(&["call", "nc_none"]).output();
    assert_eq!(output.status.code(), Some(2));
    let tools: Value = serde_json::from_slice(&demo.program(&["tools", "--json"]).output().stdout).expect("JSON");
    let tools = tools.as_array().expect("an array");
    assert!(
        tools
            .iter()
            .all(|tool| tool["app"].is_string() && tool["scopes"].is_array() && tool["inputSchema"].is_object())
    );
    let doctor = demo.program(&["doctor"]).output();
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let demo = Demo::start(&[]);
    let output = demo.program(&["doctor"]).env("NEXTCLOUD_PASSWORD", "wrong").output();
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    assert!(
        report.contains("FAIL  sign-in: ") && report.contains("app password"),
        "{report}"
    );
}

#[test]
fn login_keeps_an_app_password_and_logout_takes_it_back() {
    let demo = Demo::start(&[]);
    let home = tempfile::tempdir().expect("a folder");
    let here = |arguments: &[&str]| Program::new(arguments).env("HOME", home.path().to_str().expect("UTF-8"));
    let mut login = here(&["login", demo.cloud_url()]).start();
    let page = login.line_of_stderr_with("/login/v2/flow/");
    program::grant_in_browser(page.trim(), demo.user(0, "name"), demo.user(0, "password"));
    let output = login.wait(Duration::from_secs(20));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    let called = here(&["call", "nc_get_capabilities"]).output();
    let about: Value = serde_json::from_slice(&called.stdout).expect("JSON");
    assert_eq!(about["user_id"], demo.user(0, "name"));
    let kept = std::fs::read_to_string(home.path().join(".config/nextcloud-mcp/login.toml")).expect("kept");

    let elsewhere = here(&["call", "nc_get_capabilities"])
        .env("NEXTCLOUD_HOST", "https://other.example")
        .output();
    assert_eq!(
        elsewhere.status.code(),
        Some(2),
        "the password is for one Nextcloud only"
    );

    assert_eq!(here(&["logout"]).output().status.code(), Some(0));
    assert_eq!(here(&["call", "nc_get_capabilities"]).output().status.code(), Some(2));
    let password = kept
        .lines()
        .find_map(|line| line.strip_prefix("app_password = \""))
        .expect("a password");
    let revoked = demo
        .program(&["call", "nc_get_capabilities"])
        .env("NEXTCLOUD_PASSWORD", password.trim_end_matches('"'))
        .output();
    assert!(
        text(&revoked.stderr).contains("unauthorized"),
        "{}",
        text(&revoked.stderr)
    );
}

#[test]
fn stdio_speaks_only_the_protocol_and_ends_with_its_input() {
    let demo = Demo::start(&[]);
    let mut stdio = demo.program(&["stdio", "--log-level", "debug"]).start();
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "nc_notes_list_notes", "arguments": {} } }),
    ] {
        stdio.write_line(&message.to_string());
    }
    let answers = [stdio.read_line(), stdio.read_line()];
    stdio.close_input();
    let output = stdio.wait(Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for line in answers.iter().map(String::as_str).chain(text(&output.stdout).lines()) {
        let message: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not a message: {line}"));
        assert_eq!(message["jsonrpc"], "2.0");
    }
    assert!(answers[1].contains("Shopping"), "{}", answers[1]);
    assert!(
        !text(&output.stderr).contains(demo.user(0, "app_password")),
        "a secret in the log"
    );
}

#[test]
fn a_second_login_takes_the_first_app_password_back() {
    let demo = Demo::start(&[]);
    let home = tempfile::tempdir().expect("a folder");
    let mut passwords = Vec::new();
    for _ in 0..2 {
        let mut login = Program::new(&["login", demo.cloud_url()])
            .env("HOME", home.path().to_str().expect("UTF-8"))
            .start();
        let page = login.line_of_stderr_with("/login/v2/flow/");
        program::grant_in_browser(page.trim(), demo.user(0, "name"), demo.user(0, "password"));
        assert_eq!(login.wait(Duration::from_secs(20)).status.code(), Some(0));
        let kept = std::fs::read_to_string(home.path().join(".config/nextcloud-mcp/login.toml")).expect("kept");
        let password = kept
            .lines()
            .find_map(|line| line.strip_prefix("app_password = "))
            .expect("a password");
        passwords.push(password.trim_matches('"').to_owned());
    }
    for (password, works) in passwords.iter().zip([false, true]) {
        let output = demo
            .program(&["call", "nc_get_capabilities"])
            .env("NEXTCLOUD_PASSWORD", password)
            .output();
        assert_eq!(output.status.success(), works, "{}", text(&output.stderr));
    }
}
