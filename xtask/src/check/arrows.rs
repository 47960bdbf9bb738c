//! Which crate may use which. The picture with the reasons is in `ARCHITECTURE.md`.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What each crate may use, of ours. A crate that is not listed may use nothing and be used by nobody.
const ALLOWED: &[(&str, &[&str])] = &[
    ("nc-proto", &[]),
    ("nc-store", &[]),
    ("nc-store-sqlite", &["nc-store"]),
    ("nc-store-postgres", &["nc-store"]),
    ("nc-auth", &["nc-proto"]),
    ("nc-client", &["nc-proto"]),
    ("nc-documents", &[]),
    ("nc-import", &["nc-auth"]),
    ("nc-mcp-kit", &["nc-auth"]),
    (
        "nc-mcp",
        &["nc-mcp-kit", "nc-client", "nc-documents", "nc-auth", "nc-proto"],
    ),
    ("nc-web", &["nc-auth", "nc-proto"]),
    ("nc-provider", &["nc-web", "nc-auth", "nc-store", "nc-proto"]),
    (
        "nc-access",
        &["nc-web", "nc-mcp-kit", "nc-auth", "nc-store", "nc-proto"],
    ),
    ("nc-ocm", &["nc-web", "nc-auth", "nc-store", "nc-proto"]),
    ("nc-cloud", &["nc-web", "nc-auth", "nc-store", "nc-proto"]),
    (
        "nc-server",
        &[
            "nc-proto",
            "nc-store",
            "nc-store-sqlite",
            "nc-store-postgres",
            "nc-auth",
            "nc-client",
            "nc-documents",
            "nc-mcp-kit",
            "nc-mcp",
            "nc-web",
            "nc-provider",
            "nc-access",
            "nc-import",
            "nc-ocm",
            "nc-cloud",
        ],
    ),
    (
        "nc-testkit",
        &[
            "nc-server",
            "nc-client",
            "nc-documents",
            "nc-proto",
            "nc-mcp-kit",
            "nc-auth",
            "nc-cloud",
            "nc-provider",
            "nc-ocm",
            "nc-access",
            "nc-store",
        ],
    ),
    ("xtask", &[]),
];

/// The arrows in `cargo metadata` that the picture does not have. Arrows of tests count, except to the test kit and
/// to a backend of the store.
pub(super) fn broken(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without name")?;
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.push(format!(
                "{name} is new: say in xtask/src/check/arrows.rs what it may use"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev" && (used == "nc-testkit" || used == "nc-store-sqlite");
            if names.contains(&used) && !allowed.contains(&used) && !for_tests {
                findings.push(format!("{name} must not use {used}"));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, uses: &[(&str, Option<&str>)]) -> Value {
        let uses: Vec<_> = uses
            .iter()
            .map(|(name, kind)| json!({ "name": name, "kind": kind }))
            .collect();
        json!({ "name": name, "dependencies": uses })
    }

    #[test]
    fn an_arrow_that_is_not_in_the_picture_is_found() {
        let client = package(
            "nc-client",
            &[("nc-proto", None), ("nc-cloud", Some("dev")), ("serde", None)],
        );
        let metadata = json!({ "packages": [client, package("nc-proto", &[]), package("nc-cloud", &[])] });
        assert_eq!(
            broken(&metadata).expect("packages"),
            ["nc-client must not use nc-cloud"]
        );
    }

    #[test]
    fn tests_may_use_the_test_kit() {
        let server = package("nc-server", &[("nc-testkit", Some("dev"))]);
        let metadata = json!({ "packages": [server, package("nc-testkit", &[])] });
        assert!(broken(&metadata).expect("packages").is_empty());
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        let metadata = json!({ "packages": [package("nc-helpers", &[])] });
        assert_eq!(broken(&metadata).expect("packages").len(), 1);
    }
}
