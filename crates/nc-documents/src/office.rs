//! Office documents: ZIP archives of XML, by Microsoft (ECMA-376) and OASIS (`OpenDocument` 1.3).

mod archive;
mod cells;
mod drawing;
mod open_document;
mod open_sheets;
mod relations;
mod slides;
mod word;
mod word_styles;
mod workbook;
mod workbook_styles;
mod xml;

use self::archive::Archive;
use crate::{ExtractError, Extracted, Format, Limits, Request, pages::Pages};

pub(crate) fn read(bytes: &[u8], named: Format, mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    if matches!(named, Format::Odt | Format::Ods | Format::Odp) && !bytes.starts_with(b"PK") {
        return Err(ExtractError::unsupported(
            "this is an OpenDocument file in one piece of XML, which is not read here; save it as ODT, ODS or ODP, and read that",
        ));
    }
    let mut archive = Archive::open(bytes, limits)?;
    let (format, part) = kind(&mut archive)?;
    if format != named {
        pages.note(format!(
            "the file is named like {}, but it is {}",
            named.name(),
            format.name()
        ));
        pages.is(format);
    }
    of_kind(archive, format, &part, pages, limits)
}

/// A document whose name does not tell its format.
pub(crate) fn read_unnamed(bytes: &[u8], request: &Request) -> Result<Extracted, ExtractError> {
    let mut archive = Archive::open(bytes, &request.limits)?;
    let (format, part) = kind(&mut archive)?;
    let pages = Pages::new(format, request.wanted, &request.limits);
    of_kind(archive, format, &part, pages, &request.limits)
}

fn of_kind(
    mut archive: Archive<'_>,
    format: Format,
    part: &str,
    mut pages: Pages,
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    match format {
        Format::Odt | Format::Ods | Format::Odp => open_document::about(&mut archive, &mut pages)?,
        _ => relations::about(&mut archive, &mut pages)?,
    }
    match format {
        Format::Docx => word::read(&mut archive, part, pages, limits),
        Format::Xlsx => workbook::read(&mut archive, part, pages, limits),
        Format::Pptx => slides::read(&mut archive, part, pages, limits),
        Format::Ods => open_sheets::read(&mut archive, pages, limits),
        _ => open_document::read(&mut archive, format, pages, limits),
    }
}

/// What the archive holds, and its main part.
fn kind(archive: &mut Archive<'_>) -> Result<(Format, String), ExtractError> {
    if let Some(media_type) = archive.read("mimetype")? {
        let media_type = String::from_utf8_lossy(&media_type).trim().to_owned();
        let kind = media_type
            .strip_prefix("application/vnd.oasis.opendocument.")
            .unwrap_or_default();
        for (start, format) in [
            ("text", Format::Odt),
            ("spreadsheet", Format::Ods),
            ("presentation", Format::Odp),
        ] {
            if kind.starts_with(start) {
                open_document::check_open(archive)?;
                return Ok((format, "content.xml".to_owned()));
            }
        }
    }
    let main = relations::read(archive, "")?
        .into_iter()
        .find(|relation| relation.kind == "officeDocument")
        .map(|relation| relation.target);
    for (usual, folder, format) in [
        ("word/document.xml", "word/", Format::Docx),
        ("xl/workbook.xml", "xl/", Format::Xlsx),
        ("ppt/presentation.xml", "ppt/", Format::Pptx),
    ] {
        match &main {
            Some(part) if part.starts_with(folder) && is_named(part, "xml") => return Ok((format, part.clone())),
            None if archive.has(usual) => return Ok((format, usual.to_owned())),
            _ => {}
        }
    }
    if main.is_some_and(|part| is_named(&part, "bin")) {
        return Err(ExtractError::unsupported(
            "this is a binary workbook (XLSB), which is not read here; save it as XLSX or ODS, and read that",
        ));
    }
    Err(ExtractError::unsupported(
        "this is a ZIP archive and no office document; archives are not opened here: unpack it, and read the files in it",
    ))
}

fn is_named(part: &str, extension: &str) -> bool {
    part.rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}
