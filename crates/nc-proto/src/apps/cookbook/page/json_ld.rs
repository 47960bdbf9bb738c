use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::Recipe;

/// Values that are looked at in one block. Pages with more have other things in mind.
const MAX_VALUES: usize = 20_000;
/// Longest block in bytes: what is read of it takes many times that in memory.
const MAX_BLOCK: usize = 1 << 20;

/// The block cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// The first recipe with a name in a block of JSON-LD: the value itself, in a list, in `@graph`, or what a page is mainly about.
pub(super) fn find_recipe(block: &str) -> Result<Option<Recipe>, Broken> {
    let Some(root) = parse(block)? else { return Ok(None) };
    let mut waiting = VecDeque::from([&root]);
    let mut looked_at = 0;
    while let Some(value) = waiting.pop_front() {
        looked_at += 1;
        if looked_at > MAX_VALUES {
            break;
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().take(MAX_VALUES)),
            Value::Object(fields) => {
                if let Some(recipe) = as_recipe(fields) {
                    return Ok(Some(with_image(recipe, &root)));
                }
                waiting.extend(
                    ["@graph", "mainEntity", "mainEntityOfPage"]
                        .iter()
                        .filter_map(|name| fields.get(*name)),
                );
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Nothing, where the block is empty. The parser's own limit ends deep nesting.
fn parse(block: &str) -> Result<Option<Value>, Broken> {
    let block = block.trim().trim_start_matches("<!--").trim_end_matches("-->");
    let block = block
        .trim()
        .trim_start_matches("//<![CDATA[")
        .trim_end_matches("//]]>")
        .trim();
    if block.is_empty() {
        return Ok(None);
    }
    if block.len() > MAX_BLOCK {
        return Err(Broken);
    }
    if let Ok(value) = serde_json::from_str(block) {
        return Ok(Some(value));
    }
    // Many pages have line breaks inside of texts, which JSON does not allow.
    let spaced: String = block.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    serde_json::from_str(spaced.trim_end_matches([';', ' ']))
        .map(Some)
        .map_err(|_| Broken)
}

/// The fields, if they are those of a recipe with a name.
fn as_recipe(fields: &Map<String, Value>) -> Option<Recipe> {
    let is_recipe = match fields.get("@type") {
        Some(Value::String(kind)) => is_recipe(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is_recipe),
        _ => false,
    };
    let recipe = is_recipe.then(|| Recipe(fields.clone()))?;
    (!recipe.name().is_empty()).then_some(recipe)
}

fn is_recipe(kind: &str) -> bool {
    kind.rsplit(['/', '#', ':']).next() == Some("Recipe")
}

/// Graphs name their images by `@id` and say elsewhere where they are.
fn with_image(mut recipe: Recipe, root: &Value) -> Recipe {
    let named = match recipe.0.get("image") {
        Some(Value::Array(images)) => images.first(),
        image => image,
    };
    let id = named.and_then(|image| image.get("@id")).and_then(Value::as_str);
    let graph = root.get("@graph").and_then(Value::as_array);
    if let (true, Some(id), Some(graph)) = (recipe.image().is_empty(), id, graph) {
        let meant = graph
            .iter()
            .take(MAX_VALUES)
            .find(|value| value.get("@id").and_then(Value::as_str) == Some(id));
        if let Some(meant) = meant {
            recipe.0.insert("image".to_owned(), meant.clone());
        }
    }
    recipe
}
