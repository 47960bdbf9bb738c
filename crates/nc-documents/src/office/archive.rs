//! The archive around a document, unpacked within limits.

use std::io::{Cursor, ErrorKind, Read};

use zip::{ZipArchive, result::ZipError};

use crate::{ExtractError, Limits, text};

/// Entries below this size may be packed as tightly as they like.
const UNMEASURED: u64 = 1 << 20;

/// An archive, and how much more of it may be unpacked.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    room: u64,
    ratio: u64,
    pub(super) depth: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ExtractError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| refusal(&error))?;
        if zip.len() > limits.entries {
            return Err(ExtractError::too_large(format!(
                "its archive has {} entries, and {} are read at most",
                zip.len(),
                limits.entries
            )));
        }
        Ok(Self {
            zip,
            room: limits.inflated_bytes,
            ratio: limits.ratio,
            depth: limits.depth,
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Whether an entry lies in this folder.
    pub(super) fn has_folder(&self, folder: &str) -> bool {
        (0..self.zip.len()).any(|index| {
            self.zip
                .name_for_index(index)
                .and_then(Result::ok)
                .is_some_and(|name| name.len() > folder.len() && name.starts_with(folder))
        })
    }

    /// The bytes of an entry; `None` if there is none of this name.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let mut entry = match self.zip.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(refusal(&error)),
        };
        let most = entry.compressed_size().saturating_mul(self.ratio).max(UNMEASURED);
        let mut bytes = Vec::new();
        let limit = most.min(self.room);
        let read = (&mut entry).take(limit + 1).read_to_end(&mut bytes);
        match read {
            Ok(size) if size as u64 > limit => {
                return Err(ExtractError::too_large(if limit == self.room {
                    "what it unpacks to is more than is read"
                } else {
                    "it is packed more tightly than documents are; archives like this are made to fill a machine's memory"
                }));
            }
            Ok(size) => self.room -= size as u64,
            Err(error) if error.kind() == ErrorKind::Unsupported => return Err(unsupported()),
            Err(_) => return Err(ExtractError::damaged("a part of its archive cannot be unpacked")),
        }
        Ok(Some(bytes))
    }

    /// The text of an entry of XML; `None` if there is none of this name.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ExtractError> {
        Ok(self.read(name)?.map(|bytes| text::decode(&bytes, None).text))
    }

    /// The text of an entry that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, ExtractError> {
        self.text(name)?
            .ok_or_else(|| ExtractError::damaged("a part of it is missing"))
    }
}

fn refusal(error: &ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ExtractError::encrypted()
        }
        ZipError::UnsupportedArchive(_) => unsupported(),
        _ => ExtractError::damaged("its archive is broken off or overwritten"),
    }
}

fn unsupported() -> ExtractError {
    ExtractError::unsupported("its archive is packed in an unusual way; save the document again, and read that")
}
