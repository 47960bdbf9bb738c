//! The parent's side: one child process a document, and what its end means.

mod ending;

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, Command},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    ErrorKind, ExtractError, Extracted, Format, Limits, Request, Wanted, child, extract::over_size, pages::Pages,
};

/// How long a document waits for others to be done.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Most that a child may answer. Text of the largest size wanted, escaped, has room in it.
const MOST_ANSWER: u64 = 8 << 20;
const MOST_COMPLAINT: u64 = 16 << 10;

/// How documents are read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program that runs [`child::run`] when its first argument is [`child::COMMAND`].
    pub executable: PathBuf,
    /// What one document may cost.
    pub limits: Limits,
    /// Documents that are read at the same time.
    pub processes: usize,
    /// Tesseract, if it is installed.
    pub tesseract: Option<PathBuf>,
    /// Languages for Tesseract, as its option `-l` takes them.
    pub languages: String,
}

/// Reads documents, each in a process of its own.
#[derive(Debug)]
pub struct Extractor {
    settings: Settings,
    slots: Arc<Semaphore>,
}

/// Whether the child takes more of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// It does.
    More,
    /// It has ended; why is said by [`Work::finish`].
    Ended,
}

/// A document on its way. Dropping it ends the child.
#[derive(Debug)]
pub struct Work {
    child: Child,
    input: Option<ChildStdin>,
    deadline: Instant,
    request: Request,
    is_image: bool,
    _slot: OwnedSemaphorePermit,
}

impl Extractor {
    /// An extractor with these settings.
    pub fn new(settings: Settings) -> Self {
        let slots = Arc::new(Semaphore::new(settings.processes.max(1)));
        Self { settings, slots }
    }

    /// What one document may cost.
    pub const fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Whether text in pictures can be read.
    pub const fn reads_images(&self) -> bool {
        self.settings.tesseract.is_some()
    }

    /// Starts to read a document of this name and size; `format` as far as its start tells.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], [`ErrorKind::Busy`], [`ErrorKind::MissingProgram`], [`ErrorKind::Internal`].
    pub async fn start(
        &self,
        name: &str,
        size: u64,
        format: Option<Format>,
        wanted: Wanted,
    ) -> Result<Work, ExtractError> {
        let limits = self.settings.limits;
        if size > limits.document_bytes {
            return Err(over_size(size, limits.document_bytes));
        }
        let is_image = format == Some(Format::Image);
        let mut arguments = vec![
            child::COMMAND.to_owned().into(),
            limits.memory_bytes.to_string().into(),
            limits.seconds.to_string().into(),
        ];
        if is_image {
            let tesseract = self.settings.tesseract.as_ref().ok_or_else(no_tesseract)?;
            arguments.push(tesseract.clone().into_os_string());
            arguments.extend(["-", "-", "-l", &self.settings.languages].map(Into::into));
        }
        let slot = timeout(LONGEST_WAIT, Arc::clone(&self.slots).acquire_owned()).await;
        let Ok(Ok(slot)) = slot else {
            return Err(ExtractError::new(
                ErrorKind::Busy,
                "too many documents are being read right now; try again in a moment",
            ));
        };
        let mut child = Command::new(&self.settings.executable)
            .args(arguments)
            .env_clear()
            // The allocator would reserve more address space at once than the process may have; in KiB.
            .env("MIMALLOC_ARENA_RESERVE", "16384")
            .env("OMP_THREAD_LIMIT", "1")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                tracing::error!(%error, "the process that reads documents cannot be started");
                ending::internal()
            })?;
        let input = child.stdin.take();
        let mut work = Work {
            child,
            input,
            deadline: Instant::now() + Duration::from_secs(limits.seconds),
            request: Request {
                name: name.to_owned(),
                wanted,
                limits,
            },
            is_image,
            _slot: slot,
        };
        if !is_image {
            let mut line = serde_json::to_vec(&work.request).map_err(|_| ending::internal())?;
            line.push(b'\n');
            work.feed(&line).await?;
        }
        Ok(work)
    }
}

impl Work {
    /// Hands over the next piece of the document.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`].
    pub async fn feed(&mut self, piece: &[u8]) -> Result<Feed, ExtractError> {
        let Some(input) = &mut self.input else {
            return Ok(Feed::Ended);
        };
        match timeout_at(self.deadline, input.write_all(piece)).await {
            Ok(Ok(())) => Ok(Feed::More),
            Ok(Err(_)) => {
                self.input = None;
                Ok(Feed::Ended)
            }
            Err(_) => Err(ending::too_slow(&self.request)),
        }
    }

    /// Says that the document is whole, and waits for its text.
    ///
    /// # Errors
    /// [`ExtractError`], whose kind says what can be done about it.
    pub async fn finish(mut self) -> Result<Extracted, ExtractError> {
        drop(self.input.take());
        let (answer, complaint) = (self.child.stdout.take(), self.child.stderr.take());
        let ended = async {
            let (answer, complaint) =
                tokio::try_join!(read_capped(answer, MOST_ANSWER), read_capped(complaint, MOST_COMPLAINT))?;
            let status = self.child.wait().await?;
            Ok::<_, std::io::Error>((answer, complaint, status))
        };
        let (answer, complaint, status) = match timeout_at(self.deadline, ended).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => {
                tracing::error!(%error, "the process that reads documents cannot be heard");
                return Err(ending::internal());
            }
            Err(_) => return Err(ending::too_slow(&self.request)),
        };
        if !status.success() {
            let complaint = String::from_utf8_lossy(&complaint);
            return Err(ending::explain(
                status,
                &complaint,
                self.is_image,
                Instant::now() >= self.deadline,
                &self.request,
            ));
        }
        if self.is_image {
            let mut pages = Pages::new(Format::Image, self.request.wanted, &self.request.limits);
            let text = crate::markdown::tidy(&String::from_utf8_lossy(&answer));
            if text.is_empty() {
                pages.note("no text was recognised in the picture");
            }
            pages.note("recognised from a picture; letters and numbers may be wrong");
            pages.push(1, &text);
            return pages.finish(1);
        }
        serde_json::from_slice::<Result<Extracted, ExtractError>>(&answer).unwrap_or_else(|error| {
            tracing::error!(%error, "the process that reads documents made no sense");
            Err(ending::internal())
        })
    }
}

/// Reads to the end, but keeps only so much: what is more makes no sense either way.
async fn read_capped(source: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        (&mut source).take(most).read_to_end(&mut bytes).await?;
        if bytes.len() as u64 >= most {
            return Err(std::io::Error::other("it says too much"));
        }
    }
    Ok(bytes)
}

pub(crate) fn no_tesseract() -> ExtractError {
    ExtractError::new(
        ErrorKind::MissingProgram,
        "text in pictures is read by Tesseract, which is not installed beside this server; the operator can install it (Debian and \
         Ubuntu: tesseract-ocr and a package tesseract-ocr-LANGUAGE for each language) or name it with documents.tesseract",
    )
}
