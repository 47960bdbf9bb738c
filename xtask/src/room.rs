//! Room on the disk.

use std::path::Path;

use crate::{run::Run, term};

/// What `.ci/run` writes on a clean checkout, in gibibytes, rounded up from 5.4. Without its settings it is more.
const NEEDED: f64 = 6.0;

/// Says how much is free below a folder: a test that fails for want of room is not always one that says so.
pub(crate) fn say(folder: &Path) {
    let Some(free) = Run::new("df", ["--output=avail", "--block-size=1M"])
        .argument(folder)
        .output()
        .ok()
        .and_then(|table| free(&table))
    else {
        // No such program, or another one of that name: nothing depends on it.
        return;
    };
    term::line(format!("{free:.1} GiB are free on this disk"));
    if free < NEEDED {
        term::error(&format!("a clean checkout needs {NEEDED:.0} GiB for all tests"));
    }
}

/// Reads the table of `df`: a heading, and the figure in mebibytes.
fn free(table: &str) -> Option<f64> {
    let mebibytes: u32 = table.lines().nth(1)?.trim().parse().ok()?;
    Some(f64::from(mebibytes) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_below_the_heading() {
        assert_eq!(free(" Avail\n  2560\n"), Some(2.5));
        assert_eq!(free("Avail\n"), None);
        assert_eq!(free("Avail\n-\n"), None);
    }
}
