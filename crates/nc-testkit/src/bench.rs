//! A server as a process, measured from outside.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A running server.
pub struct Process {
    child: Child,
    /// Where its endpoint listens.
    pub address: SocketAddr,
    /// What it said when it was ready.
    pub ready: Value,
    /// From the start of the process to that.
    pub start: Duration,
}

impl Process {
    /// Starts `program` and waits until it says on one line of JSON that it is ready.
    ///
    /// # Errors
    /// When it does not start or says something else.
    pub fn start<A: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let mut line = String::new();
        let output = child.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let start = started.elapsed();
        let ready: Value =
            serde_json::from_str(&line).with_context(|| format!("{} is not ready", program.display()))?;
        let url: url::Url = ready["mcp_url"].as_str().context("no mcp_url")?.parse()?;
        let address = url.socket_addrs(|| None)?.into_iter().next().context("no address")?;
        Ok(Self {
            child,
            address,
            ready,
            start,
        })
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; nothing is kept that would need an orderly end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
