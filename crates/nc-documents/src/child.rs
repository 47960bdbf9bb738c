//! What the child process does: it takes away its own rights, reads one document from standard input, and answers.
//!
//! Standard input is one line of JSON, a [`Request`], and then the document. Standard output is one
//! `Result<Extracted, ExtractError>` as JSON. How it ended without one is the parent's to explain.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    panic,
    process::Command,
    thread,
};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::{ErrorKind, ExtractError, Extracted, Request, extract::over_size, limits::Limits};

/// The name that the command line knows this work by.
pub const COMMAND: &str = "extract-document";
/// Readers of nested things are recursive in some libraries.
const STACK_BYTES: usize = 64 << 20;
/// Longest first line.
const LONGEST_REQUEST: u64 = 64 << 10;

/// Runs the command with what follows its name: `MEMORY_BYTES SECONDS [PROGRAM ARGUMENT…]`.
///
/// With a program, this process becomes that program, under the same limits.
///
/// # Errors
/// When the limits cannot be set, or standard output cannot be written.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> io::Result<()> {
    let mut arguments = arguments.into_iter();
    let mut number = || {
        let text = arguments.next()?.into_string().ok()?;
        text.parse::<u64>().ok()
    };
    let (Some(memory_bytes), Some(seconds)) = (number(), number()) else {
        return Err(io::Error::other("this command is for the server itself"));
    };
    confine(memory_bytes, seconds)?;
    if let Some(program) = arguments.next() {
        return Err(Command::new(program).args(arguments).exec());
    }
    // The library that reads PDF tells of its own faults on standard error, with words of the document.
    panic::set_hook(Box::new(|_| {}));
    let reader = thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        // The last thread that will ever be.
        limit(Resource::Nproc, 0)?;
        answer()
    })?;
    let answer = reader
        .join()
        .unwrap_or_else(|_| Ok(Err(ExtractError::damaged("its reader gave up on it"))))?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()
}

/// Takes away what reading a document does not need. There is no way back.
fn confine(memory_bytes: u64, seconds: u64) -> io::Result<()> {
    std::env::set_current_dir("/")?;
    let limited = limit(Resource::As, memory_bytes);
    // Elsewhere that limit may be refused, or be none; the others hold.
    if cfg!(target_os = "linux") {
        limited?;
    }
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, 32)?;
    // The first limit is a signal that can be told from others, the second one cannot be ignored.
    let processor = Rlimit {
        current: Some(seconds),
        maximum: Some(seconds + 1),
    };
    setrlimit(Resource::Cpu, processor)?;
    Ok(())
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}

fn answer() -> io::Result<Result<Extracted, ExtractError>> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut line = Vec::new();
    input.by_ref().take(LONGEST_REQUEST).read_until(b'\n', &mut line)?;
    let request: Request = serde_json::from_slice(&line)?;
    let Limits { document_bytes, .. } = request.limits;
    let mut document = Vec::new();
    input.take(document_bytes + 1).read_to_end(&mut document)?;
    if document.len() as u64 > document_bytes {
        return Ok(Err(over_size(document.len() as u64, document_bytes)));
    }
    let read = panic::catch_unwind(panic::AssertUnwindSafe(|| crate::extract(&document, &request)));
    Ok(read.unwrap_or_else(|_| {
        Err(ExtractError::new(
            ErrorKind::Damaged,
            "the reader gave up on this document, which is damaged or very unusual; get a sound copy, or save it in another format",
        ))
    }))
}
