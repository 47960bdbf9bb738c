//! Whose certificates are believed of an issuer elsewhere: the same authorities as of the Nextcloud, and always some.

use std::time::Duration;

use crate::{
    between::Between,
    program::{Program, text},
};

const ENDS_WITHIN: Duration = Duration::from_secs(30);
const UNVERIFIED: (&str, &str) = ("NEXTCLOUD_VERIFY_SSL", "false");

#[test]
fn an_issuer_is_believed_by_its_certificate_only() {
    let proxy = Between::start_with_tls();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let data = path("cloud");
    let arguments = [
        "cloud",
        "--data",
        &data,
        "--port",
        "0",
        "--json",
        "--public-url",
        &proxy.url,
    ];
    let mut cloud = Program::new(&arguments).start();
    let ready: serde_json::Value = serde_json::from_str(&cloud.read_line()).expect("JSON");
    proxy.leads_to(ready["cloud_url"].as_str().expect("text"));
    std::fs::write(path("authority.pem"), &proxy.authority).expect("written");
    let authority = path("authority.pem");
    let known = ("NEXTCLOUD_CA_BUNDLE", authority.as_str());
    let start = |settings: &[(&str, &str)]| {
        let mut program = Program::new(&["serve", "--mode", "oauth", "--port", "0"])
            .env("NEXTCLOUD_HOST", &proxy.url)
            .env("NEXTCLOUD_MCP_DATA", &path("mcp"))
            .env("NEXTCLOUD_OIDC_CLIENT_ID", "mcp")
            .env("NEXTCLOUD_OIDC_CLIENT_SECRET", "a secret")
            .env("NEXTCLOUD_MCP__ISSUER__PATIENCE_S", "0");
        for (name, value) in settings {
            program = program.env(name, value);
        }
        program.start()
    };
    for settings in [&[known][..], &[known, UNVERIFIED]] {
        start(settings).line_of_stderr_with("MCP server: ");
    }
    for (settings, is_told) in [(&[][..], false), (&[UNVERIFIED][..], true)] {
        let output = start(settings).wait(ENDS_WITHIN);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let error = said.lines().find(|line| line.starts_with("error: ")).expect("an error");
        assert_eq!(error.contains("does not hold for the issuer"), is_told, "{said}");
        assert!(error.contains("cannot be fetched"), "{said}");
    }
}
