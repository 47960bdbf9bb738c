//! Other programs: quietly, or shown while they run.

use std::{
    ffi::{OsStr, OsString},
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use anyhow::{Context as _, Result, ensure};

use crate::term;

/// One program to run. It never reads from the terminal.
pub(crate) struct Run {
    program: OsString,
    arguments: Vec<OsString>,
    folder: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
}

/// How a shown program ended.
pub(crate) struct Shown {
    pub(crate) success: bool,
    /// Everything that it wrote, both streams in order of arrival.
    pub(crate) text: String,
}

impl Run {
    pub(crate) fn new<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned())
                .collect(),
            folder: None,
            environment: Vec::new(),
        }
    }

    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    pub(crate) fn set(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// What it writes to standard output.
    ///
    /// # Errors
    /// When it cannot start or fails; with what it said.
    pub(crate) fn output(&self) -> Result<String> {
        let output = self
            .command()
            .output()
            .with_context(|| format!("cannot run {}", self.name()))?;
        ensure!(
            output.status.success(),
            "{} failed: {}",
            self.name(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8(output.stdout).with_context(|| format!("{} wrote no text", self.name()))
    }

    /// Whether it can start and succeeds.
    pub(crate) fn succeeds(&self) -> bool {
        self.command().output().is_ok_and(|output| output.status.success())
    }

    /// Runs it with its output passed on line by line.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) fn shown(&self) -> Result<Shown> {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.name()))?;
        let (lines, arrived) = mpsc::channel();
        let readers = [
            child.stdout.take().map(|stream| pass_on(stream, lines.clone())),
            child.stderr.take().map(|stream| pass_on(stream, lines)),
        ];
        let mut text = String::new();
        for line in arrived {
            term::line(&line);
            text.push_str(&line);
            text.push('\n');
        }
        for reader in readers.into_iter().flatten() {
            // A reader that panicked has lost lines, which the text then lacks; nothing to add.
            let _ = reader.join();
        }
        let success = child.wait().with_context(|| self.name())?.success();
        Ok(Shown { success, text })
    }
}

fn pass_on(stream: impl Read + Send + 'static, lines: mpsc::Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if lines.send(text).is_err() {
                return;
            }
        }
    })
}
