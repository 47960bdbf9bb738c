//! Reference pages that the binary itself writes, and tables of tests.

mod compared;
mod rows;

use std::fs;

use anyhow::{Context as _, Result};

use crate::{project::Project, run::Run, term};

/// Whether to replace or to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Replaces the files.
    Write,
    /// Fails if one differs.
    Check,
}

/// Each page and the arguments that make `nextcloud-mcp` print it.
const PAGES: &[(&str, &[&str])] = &[
    ("docs/tools.md", &["tools", "--markdown"]),
    ("docs/configuration.md", &["config", "reference"]),
    ("docs/configuration.schema.json", &["config", "schema"]),
    ("docs/cli.md", &["manual"]),
];

/// Writes or compares every page. `false` if one is stale.
///
/// # Errors
/// When the binary does not compile or fails.
pub(crate) fn run(project: &Project, mode: Mode) -> Result<bool> {
    let binary = project.build()?.join("nextcloud-mcp");
    let mut fresh = true;
    for (page, arguments) in PAGES {
        let text = Run::new(&binary, *arguments)
            .output()
            .with_context(|| (*page).to_owned())?;
        fresh &= settle(project, mode, page, &text)?;
    }
    for table in rows::TABLES {
        fresh &= settle(project, mode, table.page, &table.text(project)?)?;
    }
    fresh &= settle(project, mode, compared::PAGE, &compared::text(project)?)?;
    Ok(fresh)
}

/// Replaces a page or compares it. `false` if it is stale.
fn settle(project: &Project, mode: Mode, page: &str, text: &str) -> Result<bool> {
    let path = project.root.join(page);
    if fs::read_to_string(&path).is_ok_and(|current| current == text) {
        return Ok(true);
    }
    match mode {
        Mode::Write => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, text).with_context(|| page.to_owned())?;
            term::line(format!("wrote {page}"));
            Ok(true)
        }
        Mode::Check => {
            term::line(format!("{page} is stale: run `cargo xtask generate`"));
            Ok(false)
        }
    }
}
