//! What the parts of an Office Open XML package have to do with each other (ECMA-376 part 2 §8), and what it says about itself.

use super::{
    archive::Archive,
    xml::{Item, Xml},
};
use crate::{ExtractError, pages::Pages};

/// A relation from one part to another, or to an address.
pub(super) struct Relation {
    pub(super) id: String,
    /// The last segment of its type.
    pub(super) kind: String,
    /// The name of a part, or an address.
    pub(super) target: String,
}

/// The relations of a part; of the package for an empty name.
pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Vec<Relation>, ExtractError> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let place = if folder.is_empty() {
        format!("_rels/{name}.rels")
    } else {
        format!("{folder}/_rels/{name}.rels")
    };
    let mut relations = Vec::new();
    let Some(text) = archive.text(&place)? else {
        return Ok(relations);
    };
    let mut xml = Xml::new(&text, archive.depth);
    loop {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "Relationship" => {
                let kind = tag.get("Type").unwrap_or_default();
                let target = tag.get("Target").unwrap_or_default();
                let is_external = tag.get("TargetMode").is_some_and(|mode| mode == "External");
                relations.push(Relation {
                    id: tag.get("Id").unwrap_or_default(),
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: if is_external { target } else { resolve(folder, &target) },
                });
            }
            Item::Done => return Ok(relations),
            _ => {}
        }
    }
}

/// The target of the relation with this id.
pub(super) fn target<'a>(relations: &'a [Relation], id: &str) -> Option<&'a str> {
    relations
        .iter()
        .find(|relation| relation.id == id)
        .map(|relation| relation.target.as_str())
}

/// The name of a part, from a name that is relative to a folder.
fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in target.split('/') {
        match segment {
            ".." => {
                segments.pop();
            }
            "." | "" => {}
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

/// Title and author (ECMA-376 part 2 §10).
pub(super) fn about(archive: &mut Archive<'_>, pages: &mut Pages) -> Result<(), ExtractError> {
    let Some(text) = archive.text("docProps/core.xml")? else {
        return Ok(());
    };
    let mut xml = Xml::new(&text, archive.depth);
    loop {
        match xml.next()? {
            Item::Start(tag) => {
                let name = match tag.name() {
                    "title" => "title",
                    "creator" => "author",
                    "subject" => "subject",
                    "keywords" => "keywords",
                    "modified" => "modified",
                    _ => continue,
                };
                let value = xml.content()?;
                pages.about(name, &value);
            }
            Item::Done => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_folder_of_their_part() {
        assert_eq!(
            resolve("ppt/slides", "../notesSlides/notesSlide1.xml"),
            "ppt/notesSlides/notesSlide1.xml"
        );
        assert_eq!(resolve("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("", "../../etc/passwd"), "etc/passwd");
    }
}
