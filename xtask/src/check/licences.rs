//! Licences and origins of dependencies, by the lists of `deny.toml`.
//!
//! `cargo deny` does this and more; it takes minutes to build, so it runs only where it is installed. What must not
//! slip in unseen, a licence that is not allowed or a crate from elsewhere, is found without it.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::{project::Project, run::Run, term};

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

/// Looks at every dependency. `false` if one is not allowed.
///
/// # Errors
/// When `deny.toml` or the metadata cannot be read.
pub(crate) fn run(project: &Project) -> Result<bool> {
    if Run::new("cargo-deny", ["--version"]).succeeds() {
        let checked = Run::new(
            "cargo",
            ["deny", "--all-features", "check", "licenses", "bans", "sources"],
        )
        .in_folder(&project.root)
        .shown()?;
        return Ok(checked.success);
    }
    let deny: Deny = toml::from_str(&fs::read_to_string(project.root.join("deny.toml"))?).context("deny.toml")?;
    let metadata = project.metadata(true)?;
    let mut all_allowed = true;
    let packages = metadata["packages"].as_array().context("no packages")?;
    for package in packages {
        let Some(source) = package["source"].as_str() else {
            continue;
        };
        let name = package["name"].as_str().unwrap_or_default();
        if !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
            term::line(format!("{name} is not from crates.io"));
            all_allowed = false;
        }
        let mut allowed = deny.licenses.allow.clone();
        for exception in deny
            .licenses
            .exceptions
            .iter()
            .filter(|exception| exception.name == name)
        {
            allowed.extend(exception.allow.iter().cloned());
        }
        match &package["license"] {
            Value::String(expression) if satisfied(expression, &allowed) => {}
            Value::String(expression) => {
                term::line(format!("{name}: the licence `{expression}` is not allowed"));
                all_allowed = false;
            }
            _ => {
                term::line(format!("{name} names no licence"));
                all_allowed = false;
            }
        }
    }
    term::line(format!(
        "{} packages looked at; cargo-deny is not installed",
        packages.len()
    ));
    Ok(all_allowed)
}

/// Whether an SPDX expression can be met with the allowed licences. `AND` binds before `OR`.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // Before SPDX, a slash stood for OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    either(&mut tokens, allowed)
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = both(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        // Both sides must be read, whatever the first one gave.
        met |= both(tokens, allowed);
    }
    met
}

fn both(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        met &= one(tokens, allowed);
    }
    met
}

fn one(tokens: &mut Tokens<'_>, allowed: &BTreeSet<String>) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        let met = either(tokens, allowed);
        return tokens.next_if_eq(&")").is_some() && met;
    }
    let Some(licence) = tokens.next() else { return false };
    match tokens.next_if_eq(&"WITH").and_then(|_| tokens.next()) {
        Some(exception) => allowed.contains(&format!("{licence} WITH {exception}")),
        None => allowed.contains(licence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_as_spdx_says() {
        let allowed: BTreeSet<String> = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
            .map(str::to_owned)
            .into();
        for expression in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-3.0 AND BSD-3-Clause OR MIT",
        ] {
            assert!(satisfied(expression, &allowed), "{expression}");
        }
        for expression in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND ISC",
            "",
            "MIT WITH X",
            "(MIT",
        ] {
            assert!(!satisfied(expression, &allowed), "{expression}");
        }
    }
}
