//! Presentations of `PowerPoint` (ECMA-376 part 1 §19).

use super::{
    archive::Archive,
    drawing::Drawing,
    relations,
    xml::{Item, Xml},
};
use crate::{ExtractError, Extracted, Limits, markdown, pages::Pages};

pub(super) fn read(
    archive: &mut Archive<'_>,
    part: &str,
    mut pages: Pages,
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    let relations = relations::read(archive, part)?;
    let text = archive.required(part)?;
    let mut xml = Xml::new(&text, archive.depth);
    let mut slides = Vec::new();
    loop {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "sldId" => {
                let target = tag.prefixed("id").and_then(|id| relations::target(&relations, &id));
                slides.extend(target.map(str::to_owned));
            }
            Item::Done => break,
            _ => {}
        }
    }
    for (number, slide) in (1..).zip(&slides) {
        if pages.wants(number) {
            let text = slide_text(archive, number, slide, &mut pages, limits)?;
            pages.push(number, &text);
        }
    }
    pages.finish(u32::try_from(slides.len()).unwrap_or(u32::MAX))
}

fn slide_text(
    archive: &mut Archive<'_>,
    number: u32,
    part: &str,
    pages: &mut Pages,
    limits: &Limits,
) -> Result<String, ExtractError> {
    let room = limits.markdown_bytes;
    let drawing = Drawing::read(&archive.required(part)?, archive.depth, room)?;
    if drawing.has_graphics {
        pages.note("charts and diagrams are not read");
    }
    let hidden = if drawing.is_hidden { " (hidden)" } else { "" };
    let (title, body) = drawing.finish();
    let title = markdown::one_line(&title);
    let title = if title.is_empty() { title } else { format!(": {title}") };
    let mut text = format!("## Slide {number}{hidden}{title}");
    if !body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&body);
    }
    let notes = relations::read(archive, part)?
        .into_iter()
        .find(|relation| relation.kind == "notesSlide");
    if let Some(notes) = notes
        && let Some(xml) = archive.text(&notes.target)?
    {
        let (_, notes) = Drawing::read(&xml, archive.depth, room)?.finish();
        if !notes.is_empty() {
            text.push_str("\n\nNotes:\n\n");
            // The notes' text is a list of points only in its form.
            text.push_str(
                &notes
                    .lines()
                    .map(|line| line.trim_start_matches("- "))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    }
    Ok(text)
}
