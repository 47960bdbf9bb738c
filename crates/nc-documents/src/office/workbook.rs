//! Workbooks of Excel (ECMA-376 part 1 §18): the values that were stored with them.

use super::{
    archive::Archive,
    cells::{Grid, column_of},
    relations,
    workbook_styles::{CellFormats, shown},
    xml::{Item, Tag, Xml},
};
use crate::{ExtractError, Extracted, Limits, blocks::MOST_COLUMNS, pages::Pages};

/// One sheet, as the workbook lists it.
struct Sheet {
    name: String,
    state: Option<&'static str>,
    part: Option<String>,
}

/// What the sheets of a workbook share.
struct Shared {
    strings: Vec<String>,
    formats: CellFormats,
    since_1904: bool,
}

pub(super) fn read(
    archive: &mut Archive<'_>,
    part: &str,
    mut pages: Pages,
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    let relations = relations::read(archive, part)?;
    let part_of = |kind: &str| {
        let found = relations.iter().find(|relation| relation.kind == kind);
        found.map(|relation| relation.target.clone()).unwrap_or_default()
    };
    let text = archive.required(part)?;
    let mut xml = Xml::new(&text, archive.depth);
    let (mut sheets, mut since_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "workbookPr" => {
                    since_1904 = tag
                        .get("date1904")
                        .is_some_and(|value| matches!(value.as_str(), "1" | "true"));
                }
                "sheet" => {
                    let target = tag.prefixed("id").and_then(|id| relations::target(&relations, &id));
                    sheets.push(Sheet {
                        name: tag.get("name").unwrap_or_default(),
                        state: match tag.get("state").as_deref() {
                            Some("hidden") => Some("hidden"),
                            Some("veryHidden") => Some("hidden from the menu too"),
                            _ => None,
                        },
                        part: target.map(str::to_owned),
                    });
                }
                _ => {}
            },
            Item::Done => break,
            _ => {}
        }
    }
    let shared = Shared {
        strings: strings(archive, &part_of("sharedStrings"), limits)?,
        formats: CellFormats::read(archive, &part_of("styles"))?,
        since_1904,
    };
    let names: Vec<String> = sheets
        .iter()
        .map(|sheet| match sheet.state {
            Some(state) => format!("{} ({state})", sheet.name),
            None => sheet.name.clone(),
        })
        .collect();
    pages.about("sheets", &names.join(", "));
    for (number, sheet) in (1..).zip(&sheets) {
        if pages.wants(number) {
            let text = sheet_text(archive, sheet, &shared, number, &mut pages, limits)?;
            pages.push(number, &text);
        }
    }
    pages.finish(u32::try_from(sheets.len()).unwrap_or(u32::MAX))
}

/// Texts that cells refer to by their number (ECMA-376 part 1 §18.4).
fn strings(archive: &mut Archive<'_>, part: &str, limits: &Limits) -> Result<Vec<String>, ExtractError> {
    let mut strings = Vec::new();
    let Some(text) = archive.text(part)? else {
        return Ok(strings);
    };
    let mut xml = Xml::new(&text, archive.depth);
    let mut size = 0;
    loop {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "si" => {
                let text = string(&mut xml, "si")?;
                size += text.len();
                if size > limits.markdown_bytes * 4 {
                    return Err(ExtractError::too_large("its cells hold more text than is read"));
                }
                strings.push(text);
            }
            Item::Done => return Ok(strings),
            _ => {}
        }
    }
}

/// A text with its runs, without the reading aids of East Asian scripts.
fn string(xml: &mut Xml<'_>, end: &str) -> Result<String, ExtractError> {
    let mut text = String::new();
    loop {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "t" => text.push_str(&xml.content()?),
            Item::Start(tag) if tag.name() == "rPh" => xml.skip()?,
            Item::End(name) if name == end => return Ok(text),
            Item::Done => return Ok(text),
            _ => {}
        }
    }
}

fn sheet_text(
    archive: &mut Archive<'_>,
    sheet: &Sheet,
    shared: &Shared,
    number: u32,
    pages: &mut Pages,
    limits: &Limits,
) -> Result<String, ExtractError> {
    let mut grid = Grid::new(pages.useful_bytes(number).min(limits.markdown_bytes));
    let text = match &sheet.part {
        Some(part) => archive.text(part)?.unwrap_or_default(),
        None => String::new(),
    };
    let mut xml = Xml::new(&text, archive.depth);
    let mut row_number = 0_u64;
    let mut row: Vec<String> = Vec::new();
    let mut has_bare_formulas = false;
    while !grid.is_full() {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "row" => {
                    let named = tag.get("r").and_then(|number| number.parse().ok());
                    row_number = named.unwrap_or(row_number + 1);
                    row.clear();
                }
                "c" => {
                    let column = tag.get("r").and_then(|name| column_of(&name)).unwrap_or(row.len());
                    let (value, is_bare) = value(&mut xml, &tag, shared)?;
                    has_bare_formulas |= is_bare;
                    if !value.is_empty() {
                        // A cell far to the right counts for how wide the sheet is; it is not shown.
                        let column = column.min(MOST_COLUMNS);
                        if row.len() <= column {
                            row.resize(column + 1, String::new());
                        }
                        row[column] = value;
                    }
                }
                _ => {}
            },
            Item::End(name) if name == "row" => grid.push(row_number, std::mem::take(&mut row)),
            Item::End(name) if name == "sheetData" => break,
            Item::Done => break,
            _ => {}
        }
    }
    if has_bare_formulas {
        pages.note("formulas whose values are not stored in the file are shown as formulas");
    }
    let (text, notes) = grid.finish(&sheet.name, sheet.state);
    for note in notes {
        pages.note(note);
    }
    Ok(text)
}

/// The value of a cell, and whether only its formula is known.
fn value(xml: &mut Xml<'_>, cell: &Tag<'_>, shared: &Shared) -> Result<(String, bool), ExtractError> {
    let kind = cell.get("t").unwrap_or_default();
    let format = cell.get("s").and_then(|index| index.parse().ok()).unwrap_or(0);
    let (mut stored, mut formula, mut inline) = (String::new(), String::new(), String::new());
    loop {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "v" => stored = xml.content()?,
                "f" => formula = xml.content()?,
                "is" => inline = string(xml, "is")?,
                _ => {}
            },
            Item::End(name) if name == "c" => break,
            Item::Done => break,
            _ => {}
        }
    }
    let value = match kind.as_str() {
        "s" => {
            let index = stored.trim().parse::<usize>().ok();
            index
                .and_then(|index| shared.strings.get(index))
                .cloned()
                .unwrap_or_default()
        }
        "inlineStr" => inline,
        "b" => if stored.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
        "str" | "e" | "d" => stored,
        _ if stored.is_empty() => String::new(),
        _ => shown(&stored, shared.formats.get(format), shared.since_1904),
    };
    if value.is_empty() && !formula.is_empty() && kind != "str" {
        return Ok((format!("={formula}"), true));
    }
    Ok((value, false))
}
