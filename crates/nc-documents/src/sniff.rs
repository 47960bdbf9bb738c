//! What a file is: by its first bytes, then by its name.

use crate::{Format, text};

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniffed {
    /// A document of this format, as far as its start tells.
    Document {
        /// The format.
        format: Format,
        /// Said when the name promises another one.
        note: Option<String>,
    },
    /// A ZIP archive whose name does not tell what it is.
    Archive {
        /// Whether it begins like an office document.
        is_office: bool,
    },
    /// An office document of before 2007, or one with a password.
    OldOffice {
        /// Whether it is one with a password.
        encrypted: bool,
    },
    /// Bytes of no format that is read.
    Binary,
}

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// What stands before the media type in the first entry of an `OpenDocument` file (`OpenDocument` 1.3 part 2 §3.3).
const MIMETYPE: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.";

/// What a file with this start and name is. `start` should hold some kilobytes, or the whole file.
pub fn sniff(start: &[u8], name: &str) -> Sniffed {
    let named = Format::of_name(name);
    let found = by_bytes(start);
    let format = match found {
        Found::Archive => match named {
            // Which kind it really is shows when it is opened.
            Some(format) if is_zipped(format) => return document(format, None),
            _ => {
                let is_office = contains(&start[..start.len().min(4096)], b"[Content_Types].xml");
                return Sniffed::Archive { is_office };
            }
        },
        Found::OldOffice => {
            // Office writes the name of the stream with the sealed document in UTF-16.
            let sealed: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            let encrypted = contains(start, &sealed) || named.is_some_and(is_zipped);
            return Sniffed::OldOffice { encrypted };
        }
        Found::Format(format) => format,
        Found::Text => match named {
            Some(format) if format.is_plain() || format == Format::Eml => format,
            // Nearly any bytes are some text of some old character set; the name weighs more than that.
            Some(format) if !text::is_unicode(start) && format != Format::Image => return document(format, None),
            Some(Format::Odt | Format::Ods | Format::Odp) if contains(start, b"<office:document") => {
                return document(named.unwrap_or(Format::Odt), None);
            }
            _ => by_text(start),
        },
        Found::Unknown => match named {
            // A picture is known by its bytes only: Tesseract takes what is none for a list of files to read.
            Some(format) if !format.is_plain() && format != Format::Image => return document(format, None),
            _ => return Sniffed::Binary,
        },
    };
    let note = named
        .filter(|named| *named != format)
        .map(|named| format!("the file is named like {}, but it is {}", named.name(), format.name()));
    document(format, note)
}

const fn document(format: Format, note: Option<String>) -> Sniffed {
    Sniffed::Document { format, note }
}

const fn is_zipped(format: Format) -> bool {
    matches!(
        format,
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Odt | Format::Ods | Format::Odp
    )
}

enum Found {
    Archive,
    OldOffice,
    Format(Format),
    Text,
    Unknown,
}

fn by_bytes(start: &[u8]) -> Found {
    if start.starts_with(ZIP) {
        let kind = start
            .get(30..)
            .and_then(|entry| entry.strip_prefix(MIMETYPE))
            .unwrap_or_default();
        return if kind.starts_with(b"text") {
            Found::Format(Format::Odt)
        } else if kind.starts_with(b"spreadsheet") {
            Found::Format(Format::Ods)
        } else if kind.starts_with(b"presentation") {
            Found::Format(Format::Odp)
        } else {
            Found::Archive
        };
    }
    if start.starts_with(OLE) {
        return Found::OldOffice;
    }
    // Readers look for the mark in the first kilobyte (ISO 32000-1, annex H, note 13).
    if contains(&start[..start.len().min(1024)], b"%PDF-") {
        return Found::Format(Format::Pdf);
    }
    if start.starts_with(b"{\\rtf") {
        return Found::Format(Format::Rtf);
    }
    let is_image = [
        &b"\x89PNG\r\n\x1A\n"[..],
        b"\xFF\xD8\xFF",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
    ]
    .iter()
    .any(|mark| start.starts_with(mark))
        || (start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP"))
        || (start.starts_with(b"BM") && start.get(6..10) == Some(&[0; 4]));
    if is_image {
        Found::Format(Format::Image)
    } else if text::is_text(start) {
        Found::Text
    } else {
        Found::Unknown
    }
}

/// What text is whose name does not say it.
fn by_text(start: &[u8]) -> Format {
    let text = text::decode(&start[..start.len().min(1024)], None).text;
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        Format::Html
    } else {
        Format::Text
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(start: &[u8], name: &str) -> (Format, bool) {
        match sniff(start, name) {
            Sniffed::Document { format, note } => (format, note.is_some()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bytes_come_before_the_name_and_a_mismatch_is_said() {
        assert_eq!(format(b"%PDF-1.7", "a.pdf"), (Format::Pdf, false));
        assert_eq!(format(b"%PDF-1.7", "a.docx"), (Format::Pdf, true));
        assert_eq!(format(b"{\\rtf1", "letter.doc"), (Format::Rtf, false));
        assert_eq!(format(b"plain words", "a.pdf"), (Format::Text, true));
        assert_eq!(format(&[0xA5; 99], "a.pdf"), (Format::Pdf, false));
        assert_eq!(format(b"<!DOCTYPE html><p>", "a.txt"), (Format::Text, false));
        assert_eq!(format(b"<!DOCTYPE html><p>", "page"), (Format::Html, false));
        assert_eq!(format(b"\x89PNG\r\n\x1A\n", "a.jpg"), (Format::Image, false));
        assert_eq!(format(b"/etc/hosts\n/\xE4.png", "a.png"), (Format::Text, true));
        assert_eq!(sniff(b"\0/etc/hosts", "a.png"), Sniffed::Binary);
        assert_eq!(format(b"a;b", "a.csv"), (Format::Csv, false));
        assert_eq!(format(b"From: a@example.org", "a.eml"), (Format::Eml, false));
    }

    #[test]
    fn archives_and_old_office_files_are_told_apart() {
        assert_eq!(
            sniff(b"PK\x03\x04rest", "photos.zip"),
            Sniffed::Archive { is_office: false }
        );
        assert_eq!(
            sniff(b"PK\x03\x04[Content_Types].xml", "letter"),
            Sniffed::Archive { is_office: true }
        );
        assert_eq!(format(b"PK\x03\x04rest", "a.docx"), (Format::Docx, false));
        let mut odt = b"PK\x03\x04".to_vec();
        odt.resize(30, 0);
        odt.extend_from_slice(b"mimetypeapplication/vnd.oasis.opendocument.textPK");
        assert_eq!(format(&odt, "a.ods"), (Format::Odt, true));
        assert_eq!(sniff(OLE, "a.xls"), Sniffed::OldOffice { encrypted: false });
        assert_eq!(sniff(OLE, "a.xlsx"), Sniffed::OldOffice { encrypted: true });
        assert_eq!(sniff(&[0, 1, 2, 3], "a.bin"), Sniffed::Binary);
    }
}
