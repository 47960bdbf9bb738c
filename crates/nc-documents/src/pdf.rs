//! PDF: the text that the file itself holds, page by page, with headings guessed from the size of letters.

mod layout;

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Dictionary, Document, Error, Object, OutputError, output_doc_page};

use self::layout::Layout;
use crate::{ErrorKind, ExtractError, Extracted, Limits, pages::Pages};

pub(crate) fn read(bytes: &[u8], mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut document = open(bytes)?;
    about(&document, &mut pages);
    let count = document.page_iter().count();
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(ExtractError::damaged("no page can be found in it"));
    }
    let wanted: Vec<u32> = (1..=count).filter(|number| pages.wants(*number)).collect();
    keep(&mut document, &wanted);
    let (mut read, mut empty, mut failed) = (0, Vec::new(), Vec::new());
    for (place, number) in (1..).zip(wanted) {
        // It may be full by now.
        if !pages.wants(number) {
            break;
        }
        read += 1;
        let mut layout = Layout::new(limits.markdown_bytes);
        // The library gives up on some broken pages by panicking; the other pages are none the worse for it.
        let outcome = catch_unwind(AssertUnwindSafe(|| output_doc_page(&document, &mut layout, place)));
        let text = layout.into_markdown();
        if !matches!(outcome, Ok(Ok(()))) {
            failed.push(number);
        } else if text.is_empty() {
            empty.push(number);
        }
        let text = if text.is_empty() {
            text
        } else {
            format!("<!-- page {number} -->\n\n{text}")
        };
        pages.push(number, &text);
    }
    if read > 0 && failed.len() == read {
        return Err(ExtractError::damaged("none of these pages can be read"));
    }
    if read > 0 && empty.len() + failed.len() == read {
        return Err(ExtractError::new(
            ErrorKind::NoTextLayer,
            format!(
                "these pages ({}) hold pictures and no text, as scans do; run the file through a program that adds a text layer \
                 (OCRmyPDF for one), or ask for other pages of the {count}",
                ranges(&empty)
            ),
        ));
    }
    if !empty.is_empty() {
        pages.note(format!("pages without text, perhaps scans: {}", ranges(&empty)));
    }
    if !failed.is_empty() {
        pages.note(format!(
            "pages that are damaged and could not be read whole: {}",
            ranges(&failed)
        ));
    }
    pages.finish(count)
}

fn open(bytes: &[u8]) -> Result<Document, ExtractError> {
    let opened = catch_unwind(|| Document::load_mem(bytes)).map_err(|_| ExtractError::damaged("it is no sound PDF"))?;
    let mut document = opened.map_err(|error| refusal(&error))?;
    if document.is_encrypted() {
        // Many files are sealed with an empty password, only to forbid printing or changing.
        let opened = catch_unwind(AssertUnwindSafe(|| document.decrypt("")));
        if !matches!(opened, Ok(Ok(()))) {
            return Err(ExtractError::encrypted());
        }
    }
    Ok(document)
}

/// Makes the wanted pages the only ones: the library goes through the tree of all pages for each page that it reads.
fn keep(document: &mut Document, wanted: &[u32]) {
    let kept: Vec<Object> = (1..)
        .zip(document.page_iter())
        .filter(|(number, _)| wanted.binary_search(number).is_ok())
        .map(|(_, page)| Object::Reference(page))
        .collect();
    let mut tree = Dictionary::new();
    tree.set("Type", Object::Name(b"Pages".to_vec()));
    tree.set("Kids", kept);
    let tree = document.add_object(tree);
    if let Ok(catalog) = document.catalog_mut() {
        catalog.set("Pages", Object::Reference(tree));
    }
}

fn refusal(error: &Error) -> ExtractError {
    match error {
        Error::InvalidPassword | Error::Decryption(_) | Error::UnsupportedSecurityHandler(_) => {
            ExtractError::encrypted()
        }
        Error::ReferenceCycle(_) | Error::ReferenceLimit => {
            ExtractError::damaged("its objects refer to each other in a circle")
        }
        _ => ExtractError::damaged("it is no sound PDF"),
    }
}

fn about(document: &Document, pages: &mut Pages) {
    let Some(information) = information(document) else {
        return;
    };
    for (key, name) in [
        (&b"Title"[..], "title"),
        (b"Author", "author"),
        (b"Subject", "subject"),
        (b"Keywords", "keywords"),
    ] {
        let value = information.get(key).and_then(|value| document.dereference(value));
        if let Ok((_, Object::String(bytes, _))) = value {
            pages.about(name, &pdf_string(bytes));
        }
    }
}

fn information(document: &Document) -> Option<&Dictionary> {
    let value = document.trailer.get(b"Info").ok()?;
    document.dereference(value).ok()?.1.as_dict().ok()
}

/// A text string: UTF-16 or UTF-8 with a mark, else near enough to Latin-1 (ISO 32000-2 §7.9.2.2).
fn pdf_string(bytes: &[u8]) -> String {
    crate::text::decode(bytes, None).text
}

/// Numbers as people write them: `1-3, 7`.
fn ranges(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u32, u32)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

impl From<OutputError> for ExtractError {
    fn from(_: OutputError) -> Self {
        Self::damaged("a page of it is no sound PDF")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_said_briefly() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3, 7, 9-10");
    }
}
