//! The reference page of the command line, from the definitions that parse it.

use std::fmt::Write as _;

use clap::CommandFactory;

use crate::cli::Cli;

pub(crate) fn page() -> String {
    let mut text = String::from(
        "# Command line\n\n\
         Generated from the definitions that parse it by `cargo xtask generate`; do not edit.\n\n\
         Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 asked wrongly.\n",
    );
    let root = Cli::command().disable_help_subcommand(true).term_width(100);
    section(&mut text, &root, "nextcloud-mcp");
    text
}

fn section(text: &mut String, command: &clap::Command, name: &str) {
    let help = command.clone().bin_name(name.to_owned()).render_long_help().to_string();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n## `{name}`\n\n```text\n{}\n```\n",
        without_trailing_spaces(&help)
    );
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        section(
            text,
            &child.clone().term_width(100),
            &format!("{name} {}", child.get_name()),
        );
    }
}

fn without_trailing_spaces(help: &str) -> String {
    help.trim_end()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}
