//! Which paragraph styles are headings, and which lists are numbered (ECMA-376 part 1 §17.7, §17.9).

use std::collections::HashMap;

use super::{
    archive::Archive,
    xml::{Item, Xml},
};
use crate::ExtractError;

/// What a style says about its paragraphs.
#[derive(Default, Clone)]
pub(super) struct Style {
    /// 1 to 6.
    pub(super) heading: Option<usize>,
    /// Its list.
    pub(super) list: Option<String>,
    based_on: Option<String>,
}

/// Styles by their ids.
#[derive(Default)]
pub(super) struct Styles(HashMap<String, Style>);

impl Styles {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, ExtractError> {
        let mut styles = Self::default();
        let Some(text) = archive.text(part)? else {
            return Ok(styles);
        };
        let mut xml = Xml::new(&text, archive.depth);
        let (mut id, mut style) = (None, Style::default());
        loop {
            match xml.next()? {
                Item::Start(tag) => match tag.name() {
                    "style" => {
                        id = tag
                            .get("styleId")
                            .filter(|_| tag.get("type").is_none_or(|kind| kind == "paragraph"));
                        style = Style::default();
                    }
                    "name" => style.heading = style.heading.or_else(|| heading(&tag.get("val").unwrap_or_default())),
                    "basedOn" => style.based_on = tag.get("val"),
                    "numId" => style.list = tag.get("val"),
                    "outlineLvl" => {
                        // 9 is the level of body text.
                        let level = tag.get("val").and_then(|level| level.parse::<usize>().ok());
                        style.heading = style
                            .heading
                            .or_else(|| level.filter(|level| *level < 6).map(|level| level + 1));
                    }
                    _ => {}
                },
                Item::End(name) if name == "style" => {
                    if let Some(id) = id.take() {
                        styles.0.insert(id, std::mem::take(&mut style));
                    }
                }
                Item::Done => return Ok(styles),
                _ => {}
            }
        }
    }

    /// A style, with what it has from those that it is based on.
    pub(super) fn get(&self, id: &str) -> Style {
        let mut found = self.0.get(id).cloned().unwrap_or_default();
        // Styles that are based on each other in a circle end here, too.
        for _ in 0..10 {
            let Some(base) = found.based_on.take().and_then(|id| self.0.get(&id)) else {
                break;
            };
            found.heading = found.heading.or(base.heading);
            found.list = found.list.or_else(|| base.list.clone());
            found.based_on.clone_from(&base.based_on);
        }
        found
    }
}

/// Names of built-in styles are English in every language's file.
fn heading(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level = name.strip_prefix("heading ")?.parse::<usize>().ok()?;
    (1..=9).contains(&level).then_some(level.min(6))
}

/// Which levels of which lists are numbered.
#[derive(Default)]
pub(super) struct Lists {
    /// Formats of the levels of each definition.
    definitions: HashMap<String, HashMap<usize, bool>>,
    /// The definition that each list uses.
    uses: HashMap<String, String>,
    counters: HashMap<(String, usize), u32>,
}

impl Lists {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, ExtractError> {
        let mut lists = Self::default();
        let Some(text) = archive.text(part)? else {
            return Ok(lists);
        };
        let mut xml = Xml::new(&text, archive.depth);
        let (mut definition, mut level, mut list) = (String::new(), 0, None);
        loop {
            match xml.next()? {
                Item::Start(tag) => match tag.name() {
                    "abstractNum" => {
                        definition = tag.get("abstractNumId").unwrap_or_default();
                        list = None;
                    }
                    "lvl" => level = tag.get("ilvl").and_then(|level| level.parse().ok()).unwrap_or(0),
                    "numFmt" if list.is_none() => {
                        let is_numbered = !matches!(tag.get("val").as_deref(), Some("bullet" | "none"));
                        let levels = lists.definitions.entry(definition.clone()).or_default();
                        levels.insert(level, is_numbered);
                    }
                    "num" => list = tag.get("numId"),
                    "abstractNumId" => {
                        if let (Some(list), Some(definition)) = (&list, tag.get("val")) {
                            lists.uses.insert(list.clone(), definition);
                        }
                    }
                    _ => {}
                },
                Item::Done => return Ok(lists),
                _ => {}
            }
        }
    }

    /// The number of the next item of a list; `None` for one with marks.
    pub(super) fn next(&mut self, list: &str, level: usize) -> Option<u32> {
        let definition = self.uses.get(list)?;
        let is_numbered = *self.definitions.get(definition)?.get(&level)?;
        self.counters
            .retain(|(other, deeper), _| other != list || *deeper <= level);
        let counter = self.counters.entry((list.to_owned(), level)).or_default();
        *counter = counter.saturating_add(1);
        is_numbered.then_some(*counter)
    }
}
