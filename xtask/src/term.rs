//! The one place that writes to the terminal.

use std::{
    fmt::Display,
    io::{IsTerminal as _, Write as _},
};

/// One line of output. A closed pipe is no reason to fail.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A heading that is found again in a long log.
pub(crate) fn heading(text: &str) {
    let mut out = std::io::stdout();
    let text = format!("=== {text} ===");
    let _ = if out.is_terminal() {
        writeln!(out, "\n\x1b[1m{text}\x1b[0m")
    } else {
        writeln!(out, "\n{text}")
    };
}

/// Something that went wrong.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "error: {text}");
}
