//! Measures the server that ships against a bare one with the same tools, in one run, and prints a table.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use nc_auth::basic;
use nc_testkit::{
    bench::Process,
    load::{self, Connection, Measured, modern_request, post},
};
use serde_json::{Value, json};

/// Starts are short, so single ones say little.
const STARTS: usize = 11;
/// Calls after which memory is looked at again.
const CALLS: usize = 10_000;
const CALL: &str = "nc_webdav_list_directory";
const FOLDER: &str = "bench-empty";

#[derive(Parser)]
struct Options {
    /// Seconds for each row of the load.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

struct Bench {
    programs: PathBuf,
    scratch: tempfile::TempDir,
    seconds: Duration,
    out: std::io::Stdout,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let programs = std::env::current_exe()?.parent().context("no folder")?.to_owned();
    let bench = Bench {
        programs,
        scratch: tempfile::tempdir()?,
        seconds: Duration::from_secs(options.seconds),
        out: std::io::stdout(),
    };
    bench.run().await
}

impl Bench {
    fn say(&self, text: &str) {
        // Whoever closed the pipe has seen enough.
        let _ = writeln!(&self.out, "{text}");
    }

    fn demo(&self, data: &str, mode: &str) -> Result<Process> {
        let data = self.scratch.path().join(data);
        let arguments = ["demo", "--json", "--port", "0", "--mode", mode, "--data"].map(Into::into);
        Process::start(
            &self.programs.join("nextcloud-mcp"),
            arguments.into_iter().chain([data.into_os_string()]),
        )
    }

    fn bare(&self, tools: &Path, options: &[&str]) -> Result<Process> {
        let tools = [std::ffi::OsString::from("--tools"), tools.into()];
        let options = options.iter().map(std::ffi::OsString::from);
        Process::start(&self.programs.join("bare_server"), tools.into_iter().chain(options))
    }

    async fn run(&self) -> Result<()> {
        let demo = self.demo("kept", "single-user")?;
        let list = modern_request(demo.address, "", "tools/list", json!({}));
        let answer = answer(demo.address, &list).await?;
        let listed = &answer["result"]["tools"];
        let count = listed.as_array().map_or(0, Vec::len);
        ensure!(count > 0, "no tools: {answer}");
        let tools = self.scratch.path().join("tools.json");
        fs::write(&tools, listed.to_string())?;
        let bare = self.bare(&tools, &[])?;

        self.say(&format!(
            "{count} tools; tools/list has {} bytes",
            answer["result"].to_string().len()
        ));
        for program in ["nextcloud-mcp", "bare_server"] {
            let bytes = fs::metadata(self.programs.join(program))?.len();
            self.say(&format!("binary {program}: {:.1} MB", mega(bytes)));
        }
        self.starts(&tools)?;

        let folder = json!({ "name": "nc_webdav_create_directory", "arguments": { "path": FOLDER } });
        exchange(demo.address, &modern_request(demo.address, "", "tools/call", folder)).await?;
        let call = json!({ "name": CALL, "arguments": { "path": FOLDER } });
        let ours = modern_request(demo.address, "", "tools/call", call.clone());
        let theirs = modern_request(bare.address, "", "tools/call", call.clone());
        check_call(demo.address, &ours).await?;
        check_call(bare.address, &theirs).await?;

        // A first start hashes passwords, whose memory the allocator keeps; every other start does not.
        let first = demo.resident_bytes()?;
        drop(demo);
        let demo = self.demo("kept", "single-user")?;
        let list = modern_request(demo.address, "", "tools/list", json!({}));
        let ours = modern_request(demo.address, "", "tools/call", call.clone());
        check_call(demo.address, &ours).await?;
        self.say(&format!(
            "memory nextcloud-mcp: {:.1} MB idle after the first start with new data",
            mega(first)
        ));
        self.memory("nextcloud-mcp", &demo, &ours).await?;
        self.memory("bare_server", &bare, &theirs).await?;

        self.say("\n                                      p50        p99     per second");
        let bare_list = modern_request(bare.address, "", "tools/list", json!({}));
        for connections in [1, 16] {
            let at = format!("{connections:>2} connections");
            let one = self
                .row(&format!("tools/list, {at}, ours"), demo.address, &list, connections)
                .await?;
            let other = self
                .row(
                    &format!("tools/list, {at}, bare"),
                    bare.address,
                    &bare_list,
                    connections,
                )
                .await?;
            self.ratio(one, other);
            let one = self
                .row(&format!("cheap call, {at}, ours"), demo.address, &ours, connections)
                .await?;
            let other = self
                .row(&format!("cheap call, {at}, bare"), bare.address, &theirs, connections)
                .await?;
            self.ratio(one, other);
        }
        let note = self.note_request(demo.address).await?;
        self.row("nc_notes_get_note,  1 connections", demo.address, &note, 1)
            .await?;
        self.row("nc_notes_get_note, 16 connections", demo.address, &note, 16)
            .await?;
        self.traps(&tools, &call, &demo).await?;
        self.modes(&call, &demo, &ours).await
    }

    /// A request that reads the first note of the sample data.
    async fn note_request(&self, address: SocketAddr) -> Result<Vec<u8>> {
        let list = json!({ "name": "nc_notes_list_notes", "arguments": { "limit": 1 } });
        let listed = answer(address, &modern_request(address, "", "tools/call", list)).await?;
        let id = &listed["result"]["structuredContent"]["results"][0]["id"];
        ensure!(id.is_i64(), "no notes: {listed}");
        let call = json!({ "name": "nc_notes_get_note", "arguments": { "note_id": id } });
        let request = modern_request(address, "", "tools/call", call);
        check_call(address, &request).await?;
        Ok(request)
    }

    fn starts(&self, tools: &Path) -> Result<()> {
        let median = |start: &dyn Fn(usize) -> Result<Process>| -> Result<Duration> {
            let mut times = (0..STARTS)
                .map(|turn| Ok(start(turn)?.start))
                .collect::<Result<Vec<_>>>()?;
            times.sort_unstable();
            Ok(times[STARTS / 2])
        };
        let new = median(&|turn| self.demo(&format!("new-{turn}"), "single-user"))?;
        let again = median(&|_| self.demo("new-0", "single-user"))?;
        let bare = median(&|_| self.bare(tools, &[]))?;
        self.say(&format!(
            "start to ready, median of {STARTS}: {:.1} ms with new data, {:.1} ms with kept data, bare {:.1} ms",
            milli(new),
            milli(again),
            milli(bare)
        ));
        Ok(())
    }

    async fn memory(&self, name: &str, process: &Process, request: &[u8]) -> Result<()> {
        let idle = process.resident_bytes()?;
        let mut connection = Connection::open(process.address).await?;
        for _ in 0..CALLS {
            let answer = connection.exchange(request).await?;
            ensure!(answer.status == 200, "a call was answered {}", answer.status);
        }
        let after = process.resident_bytes()?;
        self.say(&format!(
            "memory {name}: {:.1} MB idle, {:.1} MB after {CALLS} calls",
            mega(idle),
            mega(after)
        ));
        Ok(())
    }

    async fn row(&self, name: &str, address: SocketAddr, request: &[u8], connections: usize) -> Result<Measured> {
        let measured = load::run(address, request, connections, self.seconds)
            .await
            .with_context(|| name.to_owned())?;
        let Measured {
            p50, p99, per_second, ..
        } = measured;
        self.say(&format!(
            "{name:<34} {:>7.3} ms {:>7.3} ms {per_second:>11.0}",
            milli(p50),
            milli(p99)
        ));
        Ok(measured)
    }

    fn ratio(&self, ours: Measured, bare: Measured) {
        let share = 100.0 * ours.per_second / bare.per_second;
        self.say(&format!("{:<34} {share:.0} % of the bare server's throughput", ""));
    }

    /// What the SDK does unless told otherwise, and that we do not.
    async fn traps(&self, tools: &Path, call: &Value, demo: &Process) -> Result<()> {
        self.say("\ntraps, one connection:");
        for (name, options) in [
            ("event stream, bare", &["--streams"][..]),
            ("event stream, bare, Nagle on", &["--streams", "--nagle"]),
            ("router built per call, bare", &["--router-per-call"]),
        ] {
            let bare = self.bare(tools, options)?;
            let request = modern_request(bare.address, "", "tools/call", call.clone());
            self.row(name, bare.address, &request, 1).await?;
        }
        let (session, opened) = legacy_session(demo.address).await?;
        let request = post(demo.address, &session, "tools/call", call);
        let streamed = exchange(demo.address, &request).await?;
        let kind = streamed.header("content-type").unwrap_or("nothing").to_owned();
        self.say(&format!("answers of a session ({opened}) are {kind}"));
        self.row("session of 2025-11-25, ours", demo.address, &request, 1)
            .await?;
        Ok(())
    }

    /// A credential on each request against none.
    async fn modes(&self, call: &Value, single: &Process, request: &[u8]) -> Result<()> {
        self.say("\nmodes:");
        let many = self.demo("basic", "basic")?;
        let user = &many.ready["users"][0];
        let name = user["name"].as_str().context("no user")?;
        let password = user["app_password"].as_str().context("no app password")?;
        let header = format!("Authorization: {}\r\n", basic::header_value(name, password));
        let folder = json!({ "name": "nc_webdav_create_directory", "arguments": { "path": FOLDER } });
        exchange(
            many.address,
            &modern_request(many.address, &header, "tools/call", folder),
        )
        .await?;
        let authenticated = modern_request(many.address, &header, "tools/call", call.clone());
        check_call(many.address, &authenticated).await?;
        for connections in [1, 16] {
            let at = format!("{connections:>2} connections");
            let one = self
                .row(&format!("single-user, {at}"), single.address, request, connections)
                .await?;
            let other = self
                .row(&format!("basic, {at}"), many.address, &authenticated, connections)
                .await?;
            let share = 100.0 * other.per_second / one.per_second;
            self.say(&format!(
                "{:<34} basic has {share:.0} % of single-user's throughput",
                ""
            ));
        }
        Ok(())
    }
}

/// Opens a session; the headers that name it, and the revision.
async fn legacy_session(address: SocketAddr) -> Result<(String, String)> {
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "load", "version": "1" },
    });
    let answer = exchange(address, &post(address, "", "initialize", &hello)).await?;
    let id = answer.header("mcp-session-id").context("no session")?;
    let headers = format!("Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: 2025-11-25\r\n");
    Ok((headers, "2025-11-25".to_owned()))
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Result<load::Answer> {
    Ok(Connection::open(address).await?.exchange(request).await?)
}

async fn answer(address: SocketAddr, request: &[u8]) -> Result<Value> {
    let answer = exchange(address, request).await?;
    serde_json::from_slice(&answer.body).context("the answer is not JSON")
}

/// A call that fails quickly is no cheap call.
async fn check_call(address: SocketAddr, request: &[u8]) -> Result<()> {
    let answer = answer(address, request).await?;
    let result = &answer["result"];
    ensure!(
        result.is_object() && result["isError"] != true,
        "the call fails: {answer}"
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn milli(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
