//! Web pages with recipes: JSON-LD and microdata. Whatever comes, the reader ends, and what it imports is plain and bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::apps::cookbook::{Recipe, imported, page::find_recipe};

fuzz_target!(|data: &[u8]| {
    let page = String::from_utf8_lossy(data);
    let Ok(found) = find_recipe(&page) else { return };
    assert!(!found.name().is_empty());
    let recipe = imported(&found, "https://example.org/recipe");
    assert!(recipe.0["recipeInstructions"].is_array() && recipe.0["recipeIngredient"].is_array());
    let written = serde_json::to_vec(&recipe).expect("a recipe as JSON");
    let again: Recipe = serde_json::from_slice(&written).expect("a recipe that was written");
    assert_eq!(again, recipe);
});
