//! `doctor` in front of deployments that work, and of those that do not: each mistake is named with what mends it.

use std::process::Output;

use serde_json::{Value, json};

use crate::{
    admin::admin,
    between::{BELOW, Between, Mistake},
    program::{Demo, Program, Running, text},
};

const CLIENTS: [&str; 8] = [
    "claude",
    "claude-code",
    "chatgpt",
    "vscode",
    "cursor",
    "open-webui",
    "librechat",
    "inspector",
];

/// A server that signs people in, behind a proxy.
struct Deployment {
    between: Between,
    data: tempfile::TempDir,
    _demo: Demo,
    _server: Running,
}

impl Deployment {
    fn start(between: Between, settings: &[(&str, &str)]) -> Self {
        let demo = Demo::start(&[]);
        let data = tempfile::tempdir().expect("a folder");
        let mut program = Program::new(&["serve", "--mode", "oauth", "--port", "0"])
            .env("NEXTCLOUD_HOST", demo.cloud_url())
            .env("NEXTCLOUD_MCP_DATA", data.path().to_str().expect("UTF-8"))
            .env("METRICS_ENABLED", "false");
        if !settings.iter().any(|(name, _)| *name == "NEXTCLOUD_MCP_SERVER_URL") {
            program = program.env("NEXTCLOUD_MCP_SERVER_URL", &between.url);
        }
        for (name, value) in settings {
            program = program.env(name, value);
        }
        let mut server = program.start();
        let line = server.line_of_stderr_with("MCP server: ");
        let url = line.rsplit_once(' ').expect("an address").1;
        between.leads_to(url.trim_end_matches("/mcp"));
        Self {
            between,
            data,
            _demo: demo,
            _server: server,
        }
    }

    fn doctor(&self, arguments: &[&str]) -> Output {
        doctor(&format!("{}/mcp", self.between.url), arguments)
    }
}

fn doctor(url: &str, arguments: &[&str]) -> Output {
    Program::new(&[&["doctor", "--url", url], arguments].concat()).output()
}

fn checks(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    report["checks"].as_array().expect("checks").clone()
}

fn has(checks: &[Value], client: &str, step: &str, outcome: &str) -> bool {
    checks
        .iter()
        .any(|check| check["client"] == client && check["step"] == step && check["outcome"] == outcome)
}

#[test]
fn every_client_gets_as_far_as_the_sign_in_page_and_nothing_is_left() {
    let deployment = Deployment::start(Between::start(), &[]);
    let output = deployment.doctor(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let checks = checks(&output);
    assert!(
        checks.iter().all(|check| check["outcome"] != "fail"),
        "{}",
        text(&output.stdout)
    );
    for client in CLIENTS {
        for step in [
            "challenge",
            "metadata",
            "issuer",
            "sign-in page",
            "token endpoint",
            "refresh",
            "bad token",
        ] {
            assert!(
                has(&checks, client, step, "ok"),
                "{client}: {step}: {}",
                text(&output.stdout)
            );
        }
        // By its document where the internet is there, by a registration that is taken back otherwise.
        let by_document = has(&checks, client, "client document", "ok");
        let registered = has(&checks, client, "registration", "ok") && has(&checks, client, "clean-up", "ok");
        assert!(by_document || registered, "{client}: {}", text(&output.stdout));
    }
    for client in ["claude", "chatgpt"] {
        assert!(
            has(&checks, client, "address", "warn"),
            "{client} reaches no private address"
        );
    }
    assert!(
        has(&checks, "inspector", "CORS", "ok"),
        "pages of the Inspector may ask"
    );
    let left = admin(deployment.data.path(), &["oidc:list"]);
    let registered: Vec<&Value> = left
        .as_array()
        .expect("clients")
        .iter()
        .filter(|client| client["dcr"] == true)
        .collect();
    assert!(registered.is_empty(), "{registered:?}");
}

#[test]
fn the_report_for_people_tells_what_clients_have_in_common_once() {
    let demo = Demo::start(&["--mode", "oauth"]);
    let url = demo.ready["mcp_url"].as_str().expect("text");
    let output = doctor(
        url,
        &["--no-register", "--client", "claude-desktop", "--client", "openai"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report = text(&output.stdout);
    assert!(
        report.contains("  warn  claude, chatgpt: address: 127.0.0.1 is this machine"),
        "{report}"
    );
    assert_eq!(report.matches("needs a public https address").count(), 1, "{report}");
    assert!(
        report.contains("  ok    chatgpt: challenge, metadata, issuer"),
        "{report}"
    );
    let unknown = doctor(url, &["--client", "gopher"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("claude-code, chatgpt"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn each_mistake_of_a_proxy_is_named_with_what_mends_it() {
    let deployment = Deployment::start(Between::start(), &[]);
    for (mistake, wanted) in [
        (Mistake::None, &[][..]),
        (
            Mistake::StripsAuthorization,
            &[
                "the header Authorization does not arrive",
                "proxy_set_header Authorization",
                "CGIPassAuth",
            ],
        ),
        (
            Mistake::RedirectsToHttps,
            &["redirects (301) to https", "give clients the https address"],
        ),
        (
            Mistake::RedirectsToAPortal,
            &["https://login.example.org/sign-in", "sign-in portal"],
        ),
        (Mistake::AnswersPostsWithAPage, &["a page for people came", "(WAF)"]),
        (Mistake::WantsABrowser, &["challenge page", "Cloudflare: Security, WAF"]),
        (
            Mistake::LosesResourceMetadata,
            &[
                "does not lead to this server",
                "nginx: location /.well-known/oauth-protected-resource { proxy_pass",
                "Caddy: handle /.well-known/oauth-protected-resource*",
                "Apache: ProxyPass \"/.well-known/oauth-protected-resource\"",
                "PathPrefix(`/.well-known/oauth-protected-resource`)",
            ],
        ),
        (
            Mistake::LosesIssuerMetadata,
            &["nginx: location /.well-known/oauth-authorization-server {"],
        ),
        (
            Mistake::ServesAPageForDocuments,
            &["a page for people came", "/.well-known/"],
        ),
        (
            Mistake::ChangesTheIssuer,
            &["the issuer calls itself http://old.", "rewrites or caches"],
        ),
        (
            Mistake::HidesPkce,
            &["PKCE with S256", "code_challenge_methods_supported"],
        ),
        (
            Mistake::SendsAnInnerHost,
            &[
                "refused for its Host",
                "proxy_set_header Host $host",
                "ProxyPreserveHost",
                "MCP_ALLOWED_HOSTS",
            ],
        ),
        (
            Mistake::HidesTheChallenge,
            &["without WWW-Authenticate", "proxy_hide_header"],
        ),
        (
            Mistake::AsksForAPassword,
            &["a user name and password instead of a token", "auth_basic"],
        ),
        (Mistake::HasAClockOfItsOwn, &["the clock there is", "behind", "NTP"]),
        (Mistake::ReachesNobody, &["reaches no server behind it"]),
        (
            Mistake::KnowsNoEndpoint,
            &[
                "/mcp answered 404",
                "Traefik: rule: Host(`127.0.0.1`) && PathPrefix(`/mcp`)",
            ],
        ),
        (
            Mistake::AnswersTokensWithAPage,
            &["/oauth/token answered 200 (text/html)", "(WAF)"],
        ),
        (
            Mistake::RefusesPreflights,
            &["does not let pages of other origins ask", "OPTIONS"],
        ),
    ] {
        deployment.between.makes(mistake);
        let output = deployment.doctor(&["--client", "inspector", "--no-register"]);
        let report = text(&output.stdout);
        let code = i32::from(!wanted.is_empty());
        assert_eq!(output.status.code(), Some(code), "{mistake:?}: {report}");
        for wanted in wanted {
            assert!(report.contains(wanted), "{mistake:?}: no `{wanted}` in {report}");
        }
        assert!(!report.contains("rd=secret"), "{mistake:?}: a query is shown: {report}");
    }
}

#[test]
fn a_client_that_cannot_be_deleted_is_told() {
    let deployment = Deployment::start(Between::start(), &[]);
    deployment.between.makes(Mistake::RefusesDeletes);
    let output = deployment.doctor(&["--client", "librechat", "--client-url", "https://chat.example.net/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report = text(&output.stdout);
    assert!(report.contains("  warn  librechat: clean-up: the client "), "{report}");
    let left = admin(deployment.data.path(), &["oidc:list"]).to_string();
    assert!(
        left.contains("https://chat.example.net/api/mcp/nextcloud/oauth/callback"),
        "{left}"
    );
}

#[test]
fn a_server_that_does_not_know_its_public_address_is_told_which_setting_says_it() {
    let demo = Demo::start(&["--mode", "oauth"]);
    let between = Between::start();
    between.leads_to(demo.ready["mcp_url"].as_str().expect("text").trim_end_matches("/mcp"));
    let output = doctor(
        &format!("{}/mcp", between.url),
        &["--client", "cursor", "--no-register"],
    );
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    assert!(
        report.contains("an inner address instead of the public one"),
        "{report}"
    );
    let setting = format!("set NEXTCLOUD_MCP_SERVER_URL={} and", between.url);
    assert!(report.contains(&setting), "{report}");
    assert!(
        report.contains("X-Forwarded-Proto") && report.contains("FORWARDED_ALLOW_IPS"),
        "{report}"
    );
}

#[test]
fn below_a_path_of_another_site_the_well_known_places_come_before_the_path() {
    let between = Between::start();
    let public = format!("{}{BELOW}", between.url);
    let deployment = Deployment::start(between, &[("NEXTCLOUD_MCP_SERVER_URL", &public)]);
    let url = format!("{public}/mcp");
    let output = doctor(&url, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    deployment.between.makes(Mistake::LosesResourceMetadata);
    let output = doctor(&url, &["--client", "librechat", "--no-register"]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    let place = format!("/.well-known/oauth-protected-resource{BELOW}/mcp answered 404");
    assert!(report.contains(&place), "{report}");
    // Without the subpath in the setting, clients are told of an endpoint that is not there.
    let deployment = Deployment::start(Between::start(), &[]);
    let url = format!("{}{BELOW}/mcp", deployment.between.url);
    let output = doctor(&url, &["--client", "vscode", "--no-register"]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    let setting = format!("NEXTCLOUD_MCP_SERVER_URL={}{BELOW},", deployment.between.url);
    assert!(
        report.contains("they compare both and stop") && report.contains(&setting),
        "{report}"
    );
}

#[test]
fn tls_that_clients_do_not_trust_is_told_and_trusted_one_shows_what_lies_behind() {
    let between = Between::start_with_tls();
    let plain = between.url.replace("https://", "http://");
    let deployment = Deployment::start(between, &[("NEXTCLOUD_MCP_SERVER_URL", &plain)]);
    let output = deployment.doctor(&["--client", "cursor", "--no-register"]);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_ne!(output.status.code(), Some(0), "{told}");
    // A machine without any authorities cannot even begin, and says so.
    if output.status.code() == Some(2) {
        assert!(told.contains("knows no certificate authorities"), "{told}");
    } else {
        assert!(told.contains("TLS with localhost: nobody whom clients trust"), "{told}");
        assert!(told.contains("fullchain.pem"), "{told}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, &deployment.between.authority).expect("written");
    let url = format!("{}/mcp", deployment.between.url);
    let output = Program::new(&["doctor", "--url", &url, "--client", "cursor", "--no-register"])
        .env("SSL_CERT_FILE", file.to_str().expect("UTF-8"))
        .output();
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}{}", text(&output.stderr));
    assert!(report.contains("http instead of https"), "{report}");
    let setting = format!("NEXTCLOUD_MCP_SERVER_URL={} and", deployment.between.url);
    assert!(report.contains(&setting), "{report}");
}

#[test]
fn a_client_that_may_not_register_is_told_which_setting_forbids_it() {
    for (setting, wanted) in [
        (("MCP_CLIENT_REGISTRATION", "off"), "MCP_CLIENT_REGISTRATION=open"),
        (
            ("MCP_CLIENT_REGISTRATION", "initial-access-token"),
            "initial access token",
        ),
        (("ALLOWED_MCP_CLIENTS", "claude.ai"), "ALLOWED_MCP_CLIENTS"),
    ] {
        let deployment = Deployment::start(Between::start(), &[setting]);
        let output = deployment.doctor(&["--client", "cursor"]);
        assert_eq!(output.status.code(), Some(1), "{setting:?}");
        let report = text(&output.stdout);
        assert!(
            report.contains("FAIL  cursor: registration: ") && report.contains(wanted),
            "{setting:?}: {report}"
        );
    }
}

#[test]
fn a_second_look_within_a_minute_is_told_to_wait_and_fails_nothing() {
    let deployment = Deployment::start(Between::start(), &[]);
    let several = [
        "--client",
        "cursor",
        "--client",
        "open-webui",
        "--client",
        "librechat",
        "--client",
        "inspector",
    ];
    for _ in 0..2 {
        let output = deployment.doctor(&several);
        assert!(
            !text(&output.stdout).contains("too many requests"),
            "{}",
            text(&output.stdout)
        );
    }
    let output = deployment.doctor(&several);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report = text(&output.stdout);
    assert!(report.contains("inspector: registration: "), "{report}");
    assert!(
        report.contains("too many requests") && report.contains("→ wait "),
        "{report}"
    );
}

#[test]
fn without_metadata_documents_every_client_registers() {
    let deployment = Deployment::start(Between::start(), &[("MCP_CLIENT_DOCUMENTS", "false")]);
    let output = deployment.doctor(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let checks = checks(&output);
    for client in CLIENTS {
        for step in ["registration", "sign-in page", "token endpoint", "clean-up"] {
            assert!(
                has(&checks, client, step, "ok"),
                "{client}: {step}: {}",
                text(&output.stdout)
            );
        }
    }
    assert!(checks.iter().all(|check| check["step"] != "client document"));
}

#[test]
fn an_issuer_elsewhere_that_does_not_know_the_endpoint_is_told_so() {
    let demo = Demo::start_with(&[("NEXTCLOUD_MCP__EMBEDDED__REGISTRATION", "open")]);
    let discovery = format!("{}/.well-known/openid-configuration", demo.cloud_url());
    let between = Between::start();
    let data = tempfile::tempdir().expect("a folder");
    let settings = [
        ("MCP_DEPLOYMENT_MODE", "oauth"),
        ("NEXTCLOUD_HOST", demo.cloud_url()),
        ("NEXTCLOUD_MCP_SERVER_URL", &between.url),
        ("OIDC_DISCOVERY_URL", &discovery),
        ("NEXTCLOUD_MCP_DATA", data.path().to_str().expect("UTF-8")),
        ("METRICS_ENABLED", "false"),
    ];
    let with_settings = |arguments: &[&str]| {
        let program = Program::new(arguments);
        settings
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value))
    };
    let mut server = with_settings(&["serve", "--port", "0"]).start();
    let line = server.line_of_stderr_with("MCP server: ");
    between.leads_to(line.rsplit_once(' ').expect("an address").1.trim_end_matches("/mcp"));
    // By the settings of the server, without any address.
    let output = with_settings(&["doctor", "--client", "cursor"]).output();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let report = text(&output.stdout);
    for wanted in [
        "  ok    Nextcloud ",
        "  ok    cursor: challenge, metadata, issuer, registration, token endpoint, refresh, clean-up, bad token",
        "FAIL  cursor: sign-in page: the issuer sends the client back with invalid_target",
        "register its address there as a resource",
    ] {
        assert!(report.contains(wanted), "no `{wanted}` in {report}");
    }
}

#[test]
fn an_address_without_the_path_of_the_endpoint_is_told() {
    let demo = Demo::start(&["--mode", "oauth"]);
    let url = demo.ready["mcp_url"].as_str().expect("text").trim_end_matches("mcp");
    let output = doctor(url, &["--client", "vscode", "--no-register"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("which ends with /mcp"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn a_deployment_that_is_not_there_is_one_failure() {
    let output = doctor("http://127.0.0.1:9/mcp", &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&report["ok"], &report["failures"]),
        (&json!(false), &json!(1)),
        "{report}"
    );
    assert!(report.to_string().contains("start the server"), "{report}");
    assert_eq!(
        doctor("mcp.example.org", &[]).status.code(),
        Some(2),
        "no address at all"
    );
}
