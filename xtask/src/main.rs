//! Developer commands: `cargo xtask test`, `check`, `generate`, `bench`.

mod bench;
mod check;
mod generate;
mod install;
mod project;
mod room;
mod run;
mod term;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Developer commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every check and every test; installs what it needs below `build/`.
    Test(test::Options),
    /// Dependency arrows, file sizes, what must not be in tracked files, generated files.
    Check,
    /// Writes the generated reference pages, or says which are stale.
    Generate {
        /// `write` replaces the files, `check` fails if one differs.
        #[arg(long, value_enum, default_value_t = generate::Mode::Write)]
        mode: generate::Mode,
    },
    /// Measures the server against a bare one of the same SDK, and the provider against another.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let project = Project::here();
    let done = match Arguments::parse().command {
        Command::Test(options) => test::run(&project, &options),
        Command::Check => check::run(&project),
        Command::Generate { mode } => generate::run(&project, mode),
        Command::Bench(options) => bench::run(&project, &options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            term::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
