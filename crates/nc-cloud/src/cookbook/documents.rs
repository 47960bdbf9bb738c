//! Recipes as they are stored and as they are shown.

use nc_proto::apps::cookbook::{Recipe, RecipeId, duration};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What belongs to the answer, or to the place, and not to the document.
const NOT_STORED: [&str; 5] = ["id", "recipe_id", "printImage", "imageUrl", "imagePlaceholderUrl"];

/// The document to store for what a client sent. `created`: when the recipe was made, if it is not new.
pub(super) fn to_store(sent: Recipe, created: Option<&str>, now: i64) -> Recipe {
    let mut recipe = sent;
    for field in NOT_STORED {
        recipe.0.remove(field);
    }
    for (field, value) in [
        ("@context", json!("http://schema.org")),
        ("@type", json!("Recipe")),
        ("datePublished", Value::Null),
    ] {
        recipe.0.entry(field).or_insert(value);
    }
    recipe.0.insert("name".to_owned(), recipe.name().into());
    for field in ["prepTime", "cookTime", "totalTime"] {
        if let Some(time) = duration(&recipe.text(field)) {
            recipe.0.insert(field.to_owned(), time.into());
        }
    }
    let sent = recipe.text("dateCreated");
    let created = match (seconds(&sent), created) {
        (Some(_), _) => sent,
        (None, Some(created)) => created.to_owned(),
        (None, None) => date(now),
    };
    recipe.0.insert("dateCreated".to_owned(), created.into());
    recipe.0.insert("dateModified".to_owned(), date(now).into());
    recipe
}

/// The document with what every answer has.
pub(super) fn to_show(stored: Recipe, id: RecipeId, print_image: bool) -> Recipe {
    let mut recipe = with_fields(stored, id);
    recipe.0.insert("printImage".to_owned(), print_image.into());
    let image = format!("/apps/cookbook/webapp/recipes/{id}/image?size=full");
    recipe.0.insert("imageUrl".to_owned(), image.into());
    recipe
}

/// The document with its id, and with each field that clients read without looking whether it is there.
pub(super) fn with_fields(stored: Recipe, id: RecipeId) -> Recipe {
    let mut recipe = stored;
    let absent = Map::from_iter(
        [
            ("description", json!("")),
            ("url", json!("")),
            ("image", json!("")),
            ("recipeYield", json!(1)),
            ("recipeCategory", json!("")),
            ("keywords", json!("")),
            ("tool", json!([])),
            ("recipeIngredient", json!([])),
            ("recipeInstructions", json!([])),
            ("nutrition", json!({ "@type": "NutritionInformation" })),
            ("prepTime", Value::Null),
            ("cookTime", Value::Null),
            ("totalTime", Value::Null),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    for (name, value) in absent {
        recipe.0.entry(name).or_insert(value);
    }
    recipe.0.insert("id".to_owned(), id.to_string().into());
    recipe
}

/// A time as recipes hold it: `2026-11-21T01:54:12+00:00`.
pub(super) fn date(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default().replace('Z', "+00:00")
}

/// The same as lists hold it: `2026-11-21T01:54:12+0000`.
pub(super) fn list_date(seconds: i64) -> String {
    date(seconds).replace("+00:00", "+0000")
}

/// What [`date`] wrote, or another time of RFC 3339.
pub(super) fn seconds(date: &str) -> Option<i64> {
    OffsetDateTime::parse(date, &Rfc3339)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}
