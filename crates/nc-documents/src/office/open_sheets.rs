//! Spreadsheets of `OpenDocument` (version 1.3, part 3 §9).

use std::collections::HashSet;

use super::{
    archive::Archive,
    cells::Grid,
    xml::{Item, Tag, Xml},
};
use crate::{ExtractError, Extracted, Limits, blocks::MOST_COLUMNS, pages::Pages};

pub(super) fn read(archive: &mut Archive<'_>, mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let text = archive.required("content.xml")?;
    let mut xml = Xml::new(&text, archive.depth);
    let (mut style, mut hidden) = (String::new(), HashSet::new());
    let mut names = Vec::new();
    loop {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "style" => style = tag.get("name").unwrap_or_default(),
                "table-properties" if tag.get("display").is_some_and(|display| display == "false") => {
                    hidden.insert(style.clone());
                }
                "table" => {
                    let name = tag.get("name").unwrap_or_default();
                    let state = tag.get("style-name").is_some_and(|style| hidden.contains(&style));
                    let state = state.then_some("hidden");
                    names.push(match state {
                        Some(state) => format!("{name} ({state})"),
                        None => name.clone(),
                    });
                    let number = u32::try_from(names.len()).unwrap_or(u32::MAX);
                    if pages.wants(number) {
                        let most = pages.useful_bytes(number).min(limits.markdown_bytes);
                        let (text, notes) = sheet(&mut xml, most)?.finish(&name, state);
                        pages.push(number, &text);
                        for note in notes {
                            pages.note(note);
                        }
                    } else {
                        xml.skip()?;
                    }
                }
                _ => {}
            },
            Item::Done => break,
            _ => {}
        }
    }
    pages.about("sheets", &names.join(", "));
    pages.finish(u32::try_from(names.len()).unwrap_or(u32::MAX))
}

/// Reads to the end of the sheet whose start came last.
fn sheet(xml: &mut Xml<'_>, most_bytes: usize) -> Result<Grid, ExtractError> {
    let mut grid = Grid::new(most_bytes);
    let (mut number, mut repeated) = (0_u64, 1_u64);
    let mut row: Vec<String> = Vec::new();
    // Tables can stand in cells.
    let mut inner = 0_usize;
    loop {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "table" => inner += 1,
                "table-row" if inner == 0 => {
                    repeated = count(&tag, "number-rows-repeated");
                    row.clear();
                }
                "table-cell" | "covered-table-cell" if inner == 0 => {
                    let columns = count(&tag, "number-columns-repeated");
                    let value = value(xml, &tag)?;
                    let room = (MOST_COLUMNS + 1).saturating_sub(row.len());
                    let columns = usize::try_from(columns).unwrap_or(usize::MAX).min(room);
                    row.resize(row.len() + columns, value);
                }
                "shapes" | "forms" => xml.skip()?,
                _ => {}
            },
            Item::End(name) if name == "table-row" && inner == 0 => {
                let is_empty = row.iter().all(String::is_empty);
                for _ in 0..repeated {
                    if is_empty || grid.is_full() {
                        break;
                    }
                    number += 1;
                    grid.push(number, row.clone());
                }
                if is_empty {
                    number = number.saturating_add(repeated);
                }
            }
            Item::End(name) if name == "table" => match inner.checked_sub(1) {
                Some(outer) => inner = outer,
                None => return Ok(grid),
            },
            Item::Done => return Ok(grid),
            _ => {}
        }
    }
}

fn count(tag: &Tag<'_>, name: &str) -> u64 {
    tag.get(name).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// The value of a cell: as it is stored for numbers and dates, as it is shown for text.
fn value(xml: &mut Xml<'_>, cell: &Tag<'_>) -> Result<String, ExtractError> {
    let stored = match cell.get("value-type").as_deref() {
        Some("date") => cell.get("date-value"),
        Some("time") => cell.get("time-value").map(|time| clock(&time).unwrap_or(time)),
        Some("float" | "currency") => cell.get("value"),
        Some("boolean") => cell.get("boolean-value").map(|value| value.to_uppercase()),
        _ => None,
    };
    let shown = text(xml)?;
    Ok(stored.unwrap_or(shown))
}

/// The paragraphs of the cell whose start came last.
fn text(xml: &mut Xml<'_>) -> Result<String, ExtractError> {
    let mut text = String::new();
    let mut depth = 1_usize;
    while depth > 0 {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "annotation" | "frame" => xml.skip()?,
                name => {
                    if name == "p" && !text.is_empty() || matches!(name, "s" | "tab" | "line-break") {
                        text.push(' ');
                    }
                    depth += 1;
                }
            },
            Item::End(_) => depth -= 1,
            Item::Text(more) => text.push_str(&more),
            Item::Done => break,
        }
    }
    Ok(text)
}

/// `PT07H45M00S` as `07:45:00`.
fn clock(duration: &str) -> Option<String> {
    let rest = duration.strip_prefix("PT")?;
    let (hours, rest) = rest.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?.split(['.', ',']).next()?;
    let number = |text: &str| text.parse::<u32>().ok();
    Some(format!(
        "{:02}:{:02}:{:02}",
        number(hours)?,
        number(minutes)?,
        number(seconds)?
    ))
}
