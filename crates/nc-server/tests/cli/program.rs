//! The binary as a child process, with an environment of its own.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use serde_json::Value;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// The binary with arguments; nothing of the environment gets through but what is named.
pub(crate) struct Program {
    command: Command,
}

impl Program {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nextcloud-mcp"));
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn output(mut self) -> Output {
        self.command.stdin(Stdio::null()).output().expect("the binary runs")
    }

    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().expect("the binary runs");
        let stderr = child.stderr.take().expect("piped");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let stdin = child.stdin.take();
        Running {
            child,
            stdin,
            stdout,
            stderr: lines,
            seen: Vec::new(),
        }
    }
}

/// A child that is killed when the test ends, however it ends.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Receiver<String>,
    seen: Vec<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Running {
    pub(crate) fn write_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("open");
        writeln!(stdin, "{line}").expect("written");
        stdin.flush().expect("flushed");
    }

    pub(crate) fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line
    }

    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn line_of_stderr_with(&mut self, wanted: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE).expect("the line comes");
            self.seen.push(line.clone());
            if line.contains(wanted) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self, patience: Duration) -> Output {
        let until = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < until, "still running");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).expect("read");
        while let Ok(line) = self.stderr.recv_timeout(Duration::from_secs(1)) {
            self.seen.push(line);
        }
        Output {
            status,
            stdout,
            stderr: self.seen.join("\n").into_bytes(),
        }
    }
}

/// A demo that is ready.
pub(crate) struct Demo {
    /// What it printed.
    pub(crate) ready: Value,
    running: Running,
    temporary: tempfile::TempDir,
}

impl Demo {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::boot(arguments, &[])
    }

    /// With settings by their names in the environment.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::boot(&[], settings)
    }

    fn boot(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().expect("a folder");
        let all = [&["demo", "--port", "0", "--json"], arguments].concat();
        let mut program = Program::new(&all).env("TMPDIR", temporary.path().to_str().expect("UTF-8"));
        for (name, value) in settings {
            program = program.env(name, value);
        }
        let mut running = program.start();
        let line = running.read_line();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let stderr = running.wait(PATIENCE).stderr;
            panic!("not ready: {line} {}", text(&stderr))
        });
        Self {
            ready,
            running,
            temporary,
        }
    }

    pub(crate) fn temporary_folder(&self) -> PathBuf {
        Path::to_path_buf(self.temporary.path())
    }

    pub(crate) fn cloud_url(&self) -> &str {
        self.ready["cloud_url"].as_str().expect("text")
    }

    pub(crate) fn user(&self, number: usize, field: &str) -> &str {
        self.ready["users"][number][field].as_str().expect("text")
    }

    /// The binary as the first user's program at the demo's cloud.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        Program::new(arguments)
            .env("NEXTCLOUD_HOST", self.cloud_url())
            .env("NEXTCLOUD_USERNAME", self.user(0, "name"))
            .env("NEXTCLOUD_PASSWORD", self.user(0, "app_password"))
    }

    pub(crate) fn call(&self, tool: &str, arguments: &Value) -> Value {
        let output = self.program(&["call", tool, &arguments.to_string()]).output();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub(crate) fn end(&mut self, signal: &str) -> ExitStatus {
        self.running.signal(signal);
        self.running.wait(PATIENCE).status
    }
}

/// What a person does with the page of Login Flow v2: sign in, grant.
pub(crate) fn grant_in_browser(page: &str, user: &str, password: &str) {
    let mut browser = Browser::default();
    let mut body = browser.get(page);
    let origin: String = page.split('/').take(3).collect::<Vec<_>>().join("/");
    for fields in [&[("user", user), ("password", password)][..], &[("decision", "grant")]] {
        let action = between(&body, "action=\"", "\"").replace("&amp;", "&");
        let csrf = between(&body, "name=\"csrf\" value=\"", "\"");
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend(fields);
        let url = if action.starts_with("http") {
            action
        } else {
            format!("{origin}{action}")
        };
        body = browser.post(&url, &form);
    }
    assert!(body.contains("connected"), "not connected: {body}");
}

fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}")) + start.len();
    text[from..].split(end).next().expect("an end").to_owned()
}

/// Just enough of a browser: cookies and redirects.
#[derive(Default)]
struct Browser {
    cookies: HashMap<String, String>,
}

impl Browser {
    fn get(&mut self, url: &str) -> String {
        self.ask(url, None)
    }

    fn post(&mut self, url: &str, form: &[(&str, &str)]) -> String {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.ask(url, Some(&body))
    }

    fn ask(&mut self, url: &str, body: Option<&str>) -> String {
        let url = url::Url::parse(url).expect("an address");
        let address = (
            url.host_str().expect("a host"),
            url.port_or_known_default().expect("a port"),
        );
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let origin = url.origin().ascii_serialization();
        let content = body.unwrap_or_default();
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let request = format!(
            "{} {target} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\nCookie: {}\r\nOrigin: {origin}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{content}",
            if body.is_some() { "POST" } else { "GET" },
            address.0,
            address.1,
            cookies.join("; "),
            content.len(),
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let mut location = None;
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().expect("a pair");
                let (name, value) = pair.split_once('=').expect("a name");
                self.cookies.insert(name.to_owned(), value.to_owned());
            } else if name.eq_ignore_ascii_case("location") {
                location = Some(url.join(value).expect("an address").to_string());
            }
        }
        match location {
            Some(next) => self.get(&next),
            None => body.to_owned(),
        }
    }
}
