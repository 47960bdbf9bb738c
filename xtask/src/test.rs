//! Every check and every test, one stage after the other. A stage that fails does not keep the others from running.

mod count;
mod stages;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{project::Project, room, term};
use count::Count;
use stages::{STAGES, Workshop};

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Runs only this stage; may stand several times.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// Leaves this stage out; may stand several times.
    #[arg(long, value_name = "STAGE")]
    skip: Vec<String>,
    /// Says which stages there are.
    #[arg(long)]
    list: bool,
}

struct Ended {
    name: &'static str,
    count: Count,
    took: Duration,
}

/// Runs the stages. `false` if anything failed.
///
/// # Errors
/// When a stage is named that does not exist.
pub(crate) fn run(project: &Project, options: &Options) -> Result<bool> {
    if options.list {
        for stage in STAGES {
            term::line(format!("{:<18} {}", stage.name, stage.about));
        }
        return Ok(true);
    }
    for name in options.only.iter().chain(&options.skip) {
        let known = STAGES.iter().any(|stage| stage.name == name);
        ensure!(known, "there is no stage `{name}`; see `cargo xtask test --list`");
    }
    room::say(&project.root);
    let workshop = Workshop::new(project);
    let chosen = STAGES.iter().filter(|stage| {
        let named = |names: &[String]| names.iter().any(|name| name == stage.name);
        (options.only.is_empty() || named(&options.only)) && !named(&options.skip)
    });
    let mut ended = Vec::new();
    for stage in chosen {
        term::heading(&format!("{}: {}", stage.name, stage.about));
        let started = Instant::now();
        let count = (stage.run)(&workshop).unwrap_or_else(|error| {
            term::error(&format!("{error:#}"));
            Count::FAILED
        });
        ended.push(Ended {
            name: stage.name,
            count,
            took: started.elapsed(),
        });
    }
    Ok(summary(&ended))
}

fn summary(ended: &[Ended]) -> bool {
    term::heading("summary");
    for Ended { name, count, took } in ended {
        let verdict = if count.failed == 0 { "ok" } else { "FAILED" };
        let seconds = took.as_secs();
        term::line(format!("{name:<18} {verdict:<6} {count} in {seconds} s"));
    }
    let total: Count = ended.iter().map(|stage| stage.count).sum();
    term::line(format!("\n{total}"));
    total.failed == 0
}
