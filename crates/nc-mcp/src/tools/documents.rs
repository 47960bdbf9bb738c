//! Documents: text of what is not text, read by another process.

use std::time::Duration;

use nc_client::{ETag, FilePath, FileSlice, ReadOptions};
use nc_documents::{ExtractError, Extracted, Feed, Format, Sniffed, Wanted, Work, sniff};
use nc_mcp_kit::{Failure, Progress, ToolError};

use crate::{
    context::Context,
    errors::OrFail,
    reading::{DEFAULT_PIECE, MAX_BINARY},
};

/// Size of the pieces in which a document goes through this server, in bytes.
const PIECE: u64 = 4 << 20;
/// How often a client that asked for it hears that a document is still being read.
const INTERVAL: Duration = Duration::from_secs(2);

/// What the caller wants of a file.
pub(super) struct Asked {
    /// Whether the text of a document is asked for in any case, not only where it is the only way to read the file.
    pub(super) insists: bool,
    pub(super) page_start: Option<u32>,
    pub(super) page_end: Option<u32>,
    pub(super) offset: u64,
    pub(super) max_bytes: Option<u32>,
    pub(super) etag: Option<ETag>,
}

/// What a file turned out to be.
pub(super) enum Outcome {
    /// A document, and its text. The slice has no bytes left.
    Document(Box<Extracted>, FileSlice),
    /// A file to be given as it is stored, its start if it has been read, and what to say about it.
    Plain(Option<FileSlice>, Option<&'static str>),
}

/// Looks at the start of a file, and reads it if it is a document.
pub(super) async fn read(context: &Context, path: &FilePath, asked: Asked) -> Result<Outcome, Failure> {
    let name = path.name().unwrap_or_default();
    let Some(extractor) = &context.options.documents else {
        if asked.insists {
            return Err(ToolError::new(
                "unsupported",
                "reading of documents is switched off on this server; read the file with parse_document `raw`",
            )
            .into());
        }
        return Ok(Outcome::Plain(None, None));
    };
    let is_continued = asked.offset > 0 && asked.page_start.is_none();
    if !asked.insists && is_continued && Format::of_name(name).is_none_or(Format::is_plain) {
        return Ok(Outcome::Plain(None, None));
    }
    let options = ReadOptions {
        offset: 0,
        max_bytes: u64::from(asked.max_bytes.unwrap_or(DEFAULT_PIECE)).max(MAX_BINARY),
        etag: asked.etag.clone(),
    };
    let start = context.client.files().read(path, &options).await.or_fail()?;
    let sniffed = sniff(&start.bytes, name);
    if !asked.insists {
        let plain = |note| Ok(Outcome::Plain((asked.offset == 0).then(|| start.clone()), note));
        match &sniffed {
            Sniffed::Binary | Sniffed::Archive { is_office: false } => return plain(None),
            Sniffed::Document { format, .. } if format.is_plain() => return plain(None),
            Sniffed::Document {
                format: Format::Image, ..
            } if !extractor.reads_images() && start.total_size <= MAX_BINARY => {
                return plain(Some(
                    "text in pictures can be read here when the operator installs Tesseract beside this server",
                ));
            }
            _ => {}
        }
    }
    let format = match sniffed {
        Sniffed::Document { format, .. } => Some(format),
        _ => None,
    };
    let wanted = Wanted {
        first_page: asked.page_start.unwrap_or(1),
        last_page: asked.page_end,
        offset: usize::try_from(asked.offset).unwrap_or(usize::MAX),
        text_bytes: asked.max_bytes.unwrap_or(DEFAULT_PIECE) as usize,
    };
    let work = extractor
        .start(name, start.total_size, format, wanted)
        .await
        .or_explain()?;
    let (extracted, slice) = stream(context, path, start, work).await?;
    Ok(Outcome::Document(Box::new(extracted), slice))
}

/// Hands the document over piece by piece, so that it is never whole in this process.
async fn stream(
    context: &Context,
    path: &FilePath,
    mut slice: FileSlice,
    mut work: Work,
) -> Result<(Extracted, FileSlice), Failure> {
    let progress = &context.call.progress;
    let total = slice.total_size;
    let etag = slice.etag.clone();
    loop {
        let bytes = std::mem::take(&mut slice.bytes);
        let feed = work.feed(&bytes).await.or_explain()?;
        let Some(offset) = slice.next_offset.filter(|_| feed == Feed::More) else {
            break;
        };
        progress
            .report(percent(offset, total), Some(100), "document is being downloaded")
            .await;
        let options = ReadOptions {
            offset,
            max_bytes: PIECE,
            etag: etag.clone(),
        };
        slice = context.client.files().read(path, &options).await.or_fail()?;
        if slice.bytes.is_empty() {
            break;
        }
    }
    let extracted = wait(work, progress).await.or_explain()?;
    Ok((extracted, slice))
}

/// Waits for the text, and says so now and then.
async fn wait(work: Work, progress: &Progress) -> Result<Extracted, ExtractError> {
    let mut finish = std::pin::pin!(work.finish());
    let mut done = 50;
    progress.report(done, Some(100), "document is being read").await;
    loop {
        if let Ok(result) = tokio::time::timeout(INTERVAL, &mut finish).await {
            return result;
        }
        done = (done + 1).min(99);
        progress.report(done, Some(100), "document is being read").await;
    }
}

/// The download is the first half.
fn percent(offset: u64, total: u64) -> u64 {
    (offset.saturating_mul(50) / total.max(1)).min(49)
}

/// `?` on what reads documents.
trait OrExplain<T> {
    fn or_explain(self) -> Result<T, Failure>;
}

impl<T> OrExplain<T> for Result<T, ExtractError> {
    fn or_explain(self) -> Result<T, Failure> {
        self.map_err(|error| ToolError::new(error.kind.code(), error.message).into())
    }
}
