//! What the tools of Cookbook answer, with the names of schema.org.

use nc_client::{Recipe, RecipeCategory, RecipeEntry};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A recipe in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecipeItem {
    id: String,
    #[serde(rename = "recipe_id")]
    recipe_id: i64,
    name: String,
    keywords: Option<String>,
    category: Option<String>,
    date_created: String,
    date_modified: Option<String>,
    image_url: String,
    image_placeholder_url: String,
}

impl From<RecipeEntry> for RecipeItem {
    fn from(entry: RecipeEntry) -> Self {
        Self {
            id: entry.id,
            recipe_id: entry.recipe_id.0,
            name: entry.name,
            keywords: entry.keywords,
            category: entry.category,
            date_created: entry.date_created,
            date_modified: entry.date_modified,
            image_url: entry.image_url,
            image_placeholder_url: entry.image_placeholder_url,
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RecipeList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) recipes: Vec<RecipeItem>,
    pub(crate) total_count: usize,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RecipeHits {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) recipes: Vec<RecipeItem>,
    pub(crate) query: String,
    pub(crate) total_found: usize,
}

/// A name and how many recipes have it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CountedName {
    name: String,
    recipe_count: i64,
}

impl From<RecipeCategory> for CountedName {
    fn from(category: RecipeCategory) -> Self {
        Self {
            name: category.name,
            recipe_count: category.recipe_count,
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CategoryList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) categories: Vec<CountedName>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct KeywordList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) keywords: Vec<CountedName>,
}

/// A recipe.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullRecipe {
    #[serde(rename = "@type")]
    kind: String,
    id: Option<String>,
    name: String,
    description: String,
    /// Where it comes from.
    url: String,
    image: String,
    image_url: Option<String>,
    image_placeholder_url: Option<String>,
    /// With commas between them.
    keywords: String,
    date_created: Option<String>,
    /// Its version. Needed for safe changes.
    date_modified: Option<String>,
    /// ISO 8601.
    prep_time: Option<String>,
    cook_time: Option<String>,
    total_time: Option<String>,
    /// For how many. A number or a text.
    recipe_yield: Value,
    recipe_category: String,
    tool: Vec<String>,
    recipe_ingredient: Vec<String>,
    recipe_instructions: Vec<String>,
    /// Values as texts.
    nutrition: Option<Map<String, Value>>,
}

impl FullRecipe {
    pub(crate) fn of(recipe: &Recipe) -> Self {
        let some = |field: &str| Some(recipe.text(field)).filter(|text| !text.is_empty());
        Self {
            kind: some("@type").unwrap_or_else(|| "Recipe".to_owned()),
            id: recipe.id().map(|id| id.to_string()),
            name: recipe.name(),
            description: recipe.text("description"),
            url: recipe.text("url"),
            image: recipe.image(),
            image_url: some("imageUrl"),
            image_placeholder_url: some("imagePlaceholderUrl"),
            keywords: recipe.keywords().join(","),
            date_created: some("dateCreated"),
            date_modified: some("dateModified"),
            prep_time: some("prepTime"),
            cook_time: some("cookTime"),
            total_time: some("totalTime"),
            recipe_yield: recipe.servings(),
            recipe_category: recipe.text("recipeCategory"),
            tool: recipe.texts("tool"),
            recipe_ingredient: recipe.texts("recipeIngredient"),
            recipe_instructions: recipe.instructions(),
            nutrition: recipe.nutrition(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Imported {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) recipe: FullRecipe,
    pub(crate) recipe_id: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Stored {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) id: i64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Done {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) status_code: Option<u16>,
    pub(crate) message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct DeletedRecipe {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) status_code: Option<u16>,
    pub(crate) message: Option<String>,
    pub(crate) deleted_id: i64,
}
