//! House rules that no compiler knows.

mod arrows;
mod licences;
mod tracked;

use anyhow::Result;

use crate::{
    generate::{self, Mode},
    project::Project,
    term,
};

pub(crate) use licences::run as licences;

/// Runs every rule. `false` if one is broken.
///
/// # Errors
/// When a rule cannot be looked at.
pub(crate) fn run(project: &Project) -> Result<bool> {
    let files = project.files()?;
    let findings = [
        ("dependency arrows", arrows::broken(&project.metadata(false)?)?),
        ("file sizes", tracked::too_long(project, &files)?),
        ("machine paths", tracked::machine_paths(project, &files)?),
        ("registry hosts", tracked::registry_hosts(project, &files)?),
    ];
    let mut all_kept = true;
    for (rule, broken) in findings {
        for finding in &broken {
            term::line(format!("{rule}: {finding}"));
        }
        all_kept &= broken.is_empty();
    }
    let fresh = generate::run(project, Mode::Check)?;
    Ok(all_kept && fresh)
}
