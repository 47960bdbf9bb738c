use crate::{
    ExtractError, Extracted, Format, Request, Sniffed, extractor::no_tesseract, mail, office, pages::Pages, pdf, rtf,
    sniff, tables, text, web,
};

/// Reads a document, in this process: the limits of memory and time are the caller's to set.
///
/// # Errors
/// [`ExtractError`], whose kind says what can be done about it.
pub fn extract(bytes: &[u8], request: &Request) -> Result<Extracted, ExtractError> {
    let limits = &request.limits;
    if bytes.len() as u64 > limits.document_bytes {
        return Err(over_size(bytes.len() as u64, limits.document_bytes));
    }
    let (format, note) = match sniff(bytes, &request.name) {
        Sniffed::Document { format, note } => (format, note),
        Sniffed::Archive { .. } => return office::read_unnamed(bytes, request),
        Sniffed::OldOffice { encrypted: true } => return Err(ExtractError::encrypted()),
        Sniffed::OldOffice { encrypted: false } => return Err(old_office()),
        Sniffed::Binary => {
            return Err(ExtractError::unsupported(
                "this is no document whose text can be read; parse_document `raw` gives the bytes of a small file",
            ));
        }
    };
    let mut pages = Pages::new(format, request.wanted, limits);
    if let Some(note) = note {
        pages.note(note);
    }
    match format {
        Format::Pdf => pdf::read(bytes, pages, limits),
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Odt | Format::Ods | Format::Odp => {
            office::read(bytes, format, pages, limits)
        }
        Format::Rtf => rtf::read(bytes, pages, limits),
        Format::Eml => mail::read(bytes, pages, limits),
        Format::Html => web::read(bytes, pages, limits),
        Format::Csv | Format::Tsv => tables::read(bytes, format, pages, limits),
        Format::Text => {
            let decoded = text::decode(bytes, None);
            pages.encoding = Some(decoded.encoding.to_owned());
            if let Some(note) = decoded.note {
                pages.note(note);
            }
            pages.finish_whole(&decoded.text.replace('\r', ""), limits)
        }
        Format::Image => Err(no_tesseract()),
    }
}

/// The refusal of a file before it is loaded.
pub(crate) fn over_size(size: u64, most: u64) -> ExtractError {
    ExtractError::too_large(format!(
        "it has {} MiB, and documents of up to {} MiB are read; the operator can raise documents.max_mb",
        size.div_ceil(1 << 20),
        most >> 20
    ))
}

fn old_office() -> ExtractError {
    ExtractError::unsupported(
        "this is an office file of before 2007 (DOC, XLS, PPT), whose text is not read here; save it as DOCX, XLSX, PPTX, ODT, \
         ODS or PDF, and read that",
    )
}
