//! Standard output is for data; everything else goes to standard error.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::cli::Cli;

/// Prints data. A reader that went away is no error.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let result = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells people something.
pub(crate) fn tell(text: &str) {
    // Names and reasons come from servers; a terminal would obey the control characters in them.
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    let seen = text.replace(control, "\u{fffd}");
    // Nothing can be done when standard error is closed.
    drop(writeln!(io::stderr(), "{seen}"));
}

/// Tells people what went wrong.
pub(crate) fn complain(text: &str) {
    tell(&format!("error: {text}"));
}

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "nextcloud-mcp", &mut script);
    data(String::from_utf8_lossy(&script).trim_end())
}
