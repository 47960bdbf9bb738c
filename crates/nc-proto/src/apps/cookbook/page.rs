//! The recipe of a web page: JSON-LD and microdata of schema.org.
//!
//! Pages come from strangers. Whatever they hold, the work is linear in their length, and nesting is followed to a limit.

mod entities;
mod json_ld;
mod microdata;
mod scan;

use super::Recipe;
use microdata::Microdata;
use scan::{Scanner, Token};

/// Why a page gives no recipe. The texts are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It says nothing about a recipe in a form that can be read.
    #[error("no recipe was found in the page")]
    NoRecipe,
    /// It has structured data, which cannot be read.
    #[error("the structured data of the page cannot be read")]
    Broken,
    /// It is nested deeper than any page for people.
    #[error("the page is nested too deeply")]
    TooDeep,
}

/// The first recipe of a page: of its JSON-LD, else of its microdata.
///
/// # Errors
/// [`PageError`]
pub fn find_recipe(html: &str) -> Result<Recipe, PageError> {
    let mut microdata = Microdata::default();
    let mut scripts = Vec::new();
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(tag) if scan::is_raw(&tag.name) => {
                let text = scanner.raw_text(&tag.name);
                if tag.name == "script" && tag.attribute("type").is_some_and(is_json_ld) {
                    scripts.push(text);
                }
            }
            token => microdata.take(token),
        }
    }
    let mut broken = false;
    for script in scripts {
        match json_ld::find_recipe(script) {
            Ok(Some(recipe)) => return Ok(recipe),
            Ok(None) => {}
            Err(json_ld::Broken) => broken = true,
        }
    }
    let too_deep = microdata.too_deep();
    match microdata.finish() {
        Some(recipe) => Ok(recipe),
        None if broken => Err(PageError::Broken),
        None if too_deep => Err(PageError::TooDeep),
        None => Err(PageError::NoRecipe),
    }
}

fn is_json_ld(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/ld+json")
}

/// The text of a fragment, without markup; blocks are lines.
pub(super) fn plain_text(fragment: &str) -> String {
    if !fragment.contains(['<', '&']) {
        return fragment.to_owned();
    }
    let mut text = String::new();
    let mut scanner = Scanner::new(fragment);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(piece) => text.push_str(&entities::decode(piece)),
            Token::Open(tag) if scan::is_raw(&tag.name) => _ = scanner.raw_text(&tag.name),
            Token::Open(tag) if tag.name == "br" => text.push('\n'),
            Token::Close(name) if microdata::is_block(&name) => text.push('\n'),
            Token::Open(_) | Token::Close(_) => {}
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests;
