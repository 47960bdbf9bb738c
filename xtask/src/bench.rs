//! The server against a bare one of the same SDK, and its `OpenID` provider against another, each pair in one run; and how fast
//! Open Cloud Mesh is, which has nothing to be compared with.

use anyhow::{Result, ensure};

use crate::{install::Installer, project::Project, run::Run};

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The MCP server against a bare one of the same SDK.
    Mcp,
    /// The `OpenID` provider against the npm package oidc-provider.
    Provider,
    /// Signatures of messages between servers.
    Signatures,
    /// Open Cloud Mesh: signatures and exchanges of secrets for tokens.
    Federation,
}

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Seconds for each row.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Only this measurement.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// Builds everything for release and measures it.
///
/// # Errors
/// When it does not compile, or a server does not answer.
pub(crate) fn run(project: &Project, options: &Options) -> Result<bool> {
    let seconds = options.seconds.to_string();
    let wanted = |part| options.only.is_none_or(|only| only == part);
    if wanted(Part::Signatures) {
        let bench = ["bench", "--package", "nc-ocm", "--bench", "signatures", "--", &seconds];
        let bench = Run::new("cargo", bench).in_folder(&project.root);
        ensure!(bench.shown()?.success, "the measurement failed");
    }
    if options.only == Some(Part::Signatures) {
        return Ok(true);
    }
    let folder = project.build_release(&["nc-server", "nc-testkit"])?;
    if wanted(Part::Mcp) {
        let bench = Run::new(folder.join("bench"), ["--seconds", &seconds])
            .in_folder(&project.root)
            .set("LOG_LEVEL", "warn");
        ensure!(bench.shown()?.success, "the measurement failed");
    }
    if wanted(Part::Provider) {
        let installer = Installer::new(project);
        let node = installer.node()?;
        let script = project.root.join("e2e/provider_bench.py");
        let bench = Run::new(installer.python()?, [script.as_os_str()])
            .argument(&seconds)
            .in_folder(&project.root)
            // The other logs nothing either.
            .set("LOG_LEVEL", "warn")
            .set("PYTHONDONTWRITEBYTECODE", "1")
            .set("E2E_BINARIES", &folder)
            .set("E2E_BUILD", &project.build)
            .set("E2E_NODE", &node.program)
            .set("E2E_NODE_FOLDER", &node.folder);
        ensure!(bench.shown()?.success, "the measurement failed");
    }
    if wanted(Part::Federation) {
        let load = Run::new(folder.join("federation_load"), ["--seconds", &seconds])
            .in_folder(&project.root)
            .set("LOG_LEVEL", "warn");
        ensure!(load.shown()?.success, "the measurement failed");
    }
    Ok(true)
}
