//! What the end of a child means.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use crate::{ErrorKind, ExtractError, Request};

/// Signals of programs that fail, as Linux numbers them: illegal instruction, abort, bus error, arithmetic, memory.
const OF_FAULTS: [i32; 5] = [4, 6, 7, 8, 11];
/// What the system sends when it has no more memory itself.
const SIGKILL: i32 = 9;

/// A child that ended without an answer; `late`: after its time.
pub(super) fn explain(
    status: ExitStatus,
    complaint: &str,
    is_image: bool,
    late: bool,
    request: &Request,
) -> ExtractError {
    let signal = status.signal();
    tracing::debug!(
        ?signal,
        code = status.code(),
        "the process that reads documents ended early"
    );
    let lacks_memory = [
        "memory allocation of",
        "out of memory",
        "bad_alloc",
        "cannot allocate",
        "unable to allocate",
    ]
    .iter()
    .any(|words| contains(complaint, words));
    if lacks_memory {
        return out_of_memory(request);
    }
    match signal {
        Some(_) if contains(complaint, "overflowed its stack") => {
            ExtractError::damaged("what it holds is nested too deep")
        }
        Some(signal) if OF_FAULTS.contains(&signal) => ExtractError::damaged("its reader gave up on it"),
        Some(SIGKILL) if !late => out_of_memory(request),
        // The processor time is up; nothing else sends signals.
        Some(_) => too_slow(request),
        None if is_image && contains(complaint, "language") => ExtractError::new(
            ErrorKind::MissingProgram,
            "Tesseract has no data for the languages of documents.languages; the operator can install them (Debian and Ubuntu: \
             tesseract-ocr-LANGUAGE)",
        ),
        None if is_image => ExtractError::damaged("Tesseract cannot read the picture"),
        None => internal(),
    }
}

fn out_of_memory(request: &Request) -> ExtractError {
    ExtractError::new(
        ErrorKind::OutOfMemory,
        format!(
            "reading the document took more than {} MiB of memory; split it, or save it in a smaller form, and read that",
            request.limits.memory_bytes >> 20
        ),
    )
}

pub(super) fn too_slow(request: &Request) -> ExtractError {
    let advice = match request.wanted.last_page {
        Some(last) if last == request.wanted.first_page => "it is too intricate to be read here".to_owned(),
        Some(_) | None => format!(
            "ask for a few pages at once, as page_start {0} and page_end {1}",
            request.wanted.first_page,
            request.wanted.first_page + 4
        ),
    };
    ExtractError::new(
        ErrorKind::Timeout,
        format!(
            "reading the document took more than {} seconds; {advice}",
            request.limits.seconds
        ),
    )
}

pub(super) fn internal() -> ExtractError {
    ExtractError::new(
        ErrorKind::Internal,
        "the process that reads documents failed; tell the operator, whose log says more",
    )
}

fn contains(text: &str, words: &str) -> bool {
    text.to_ascii_lowercase().contains(words)
}
