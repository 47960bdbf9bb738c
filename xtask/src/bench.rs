//! The server against a bare one of the same SDK, in one run.

use anyhow::{Result, ensure};

use crate::{
    project::{Profile, Project},
    run::Run,
};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Seconds for each row.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// Builds everything for release and measures it.
///
/// # Errors
/// When it does not compile, or a server does not answer.
pub(crate) fn run(project: &Project, options: &Options) -> Result<bool> {
    let folder = project.build_binaries(Profile::Release, &["nc-server", "nc-testkit"])?;
    let bench = Run::new(folder.join("bench"), ["--seconds", &options.seconds.to_string()])
        .in_folder(&project.root)
        .set("RUST_LOG", "warn");
    ensure!(bench.shown()?.success, "the measurement failed");
    Ok(true)
}
