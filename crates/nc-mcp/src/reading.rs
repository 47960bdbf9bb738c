//! File content in answers: text as text with its character set, anything else as base64.

use base64::{Engine, prelude::BASE64_STANDARD};
use nc_client::{Decoded, ETag, Encoding, FilePath, FileSlice, ReadOptions, decode_text};
use nc_mcp_kit::{Failure, ToolError};

use crate::{context::Context, errors::OrFail};

/// Text of a file when the caller names no size, in bytes; some 25,000 tokens, which is what clients show.
pub(crate) const DEFAULT_PIECE: u32 = 100_000;
/// Largest binary file that is put into an answer, in bytes.
pub(crate) const MAX_BINARY: u64 = 256 * 1024;

/// Content as an answer carries it.
pub(crate) struct Content {
    pub(crate) text: String,
    /// `base64`, or the character set that the text was stored in.
    pub(crate) encoding: String,
}

/// A whole file.
pub(crate) fn whole(bytes: &[u8]) -> Content {
    match decode_text(bytes, None, true) {
        Decoded::Text { text, encoding, .. } => Content {
            text,
            encoding: encoding.name().to_lowercase(),
        },
        Decoded::Binary => Content {
            text: BASE64_STANDARD.encode(bytes),
            encoding: "base64".to_owned(),
        },
    }
}

/// Which piece of a file.
pub(crate) struct Wanted {
    /// First byte.
    pub(crate) offset: u64,
    /// Most bytes of text.
    pub(crate) max_bytes: Option<u32>,
    /// The version that former pieces came from.
    pub(crate) etag: Option<ETag>,
    /// The start of the file, where it has been read.
    pub(crate) start: Option<FileSlice>,
}

/// A piece of a file.
pub(crate) struct Piece {
    /// What is known of the file; its bytes are in `content`.
    pub(crate) file: FileSlice,
    pub(crate) content: Content,
    /// Where the next piece begins.
    pub(crate) next_offset: Option<u64>,
}

/// Reads a piece of the file at `path`. Text is cut at a character; binary files come whole or not at all.
pub(crate) async fn piece(context: &Context, path: &FilePath, wanted: Wanted) -> Result<Piece, Failure> {
    let max_bytes = u64::from(wanted.max_bytes.unwrap_or(DEFAULT_PIECE));
    // The first read is large enough to hold a small binary file whole.
    let most = if wanted.offset == 0 {
        max_bytes.max(MAX_BINARY)
    } else {
        max_bytes
    };
    let options = ReadOptions {
        offset: wanted.offset,
        max_bytes: most,
        etag: wanted.etag,
    };
    let mut file = match wanted.start {
        Some(start) => start,
        None => context.client.files().read(path, &options).await.or_fail()?,
    };
    let bytes = std::mem::take(&mut file.bytes);
    let is_whole = wanted.offset == 0 && bytes.len() as u64 == file.total_size;
    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX).min(bytes.len());
    let ends = file.offset + limit as u64 >= file.total_size;
    let decoded = if wanted.offset == 0 {
        decode_text(&bytes[..limit], None, ends)
    } else {
        match decode_text(&bytes[..limit], Some(Encoding::Utf8), ends) {
            // The mark that tells other encodings stands at the start of the file.
            Decoded::Binary => {
                let start = ReadOptions {
                    offset: 0,
                    max_bytes: 4,
                    etag: file.etag.clone(),
                };
                let start = context.client.files().read(path, &start).await.or_fail()?;
                decode_text(&bytes[..limit], Some(Encoding::from_start(&start.bytes)), ends)
            }
            text @ Decoded::Text { .. } => text,
        }
    };
    match decoded {
        Decoded::Text { text, encoding, used } => {
            let end = file.offset + used.end as u64;
            let next_offset = (end < file.total_size).then_some(end);
            if next_offset == Some(file.offset) {
                return Err(ToolError::invalid_argument("argument `max_bytes` is too small for one character").into());
            }
            Ok(Piece {
                file,
                content: Content {
                    text,
                    encoding: encoding.name().to_lowercase(),
                },
                next_offset,
            })
        }
        Decoded::Binary if is_whole => {
            let text = BASE64_STANDARD.encode(&bytes);
            Ok(Piece {
                file,
                content: Content {
                    text,
                    encoding: "base64".to_owned(),
                },
                next_offset: None,
            })
        }
        Decoded::Binary => Err(ToolError::new(
            "too_large",
            format!(
                "`{path}` is a binary file of {} bytes; only those up to {MAX_BINARY} bytes can be read here",
                file.total_size
            ),
        )
        .into()),
    }
}
