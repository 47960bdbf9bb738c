//! The Cookbook app, version 1 of its interface (source: nextcloud/cookbook, `docs/dev/api/0.1.2`).
//!
//! * [`Recipe`]: a recipe, read tolerantly and written back with everything that nobody here knows.
//! * [`RecipeEntry`], [`Category`], [`Config`]: what lists and settings hold.
//! * [`page`]: the recipe of a web page.

mod duration;
mod import;
pub mod page;
mod read;
mod recipe;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use duration::duration;
pub use import::imported;
pub use recipe::{Recipe, RecipePatch};

use super::ids::ids;
use crate::tolerant;

ids! {
    /// Number of a recipe: the file id of its folder.
    RecipeId;
}

/// A recipe in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipeEntry {
    /// Its number, on the wire also as text in `id`.
    pub recipe_id: RecipeId,
    /// Its name.
    pub name: String,
    /// Keywords, separated by commas.
    pub keywords: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// When it was made, as `2026-11-21T01:54:12+0000`.
    #[serde(rename = "dateCreated")]
    pub date_created: String,
    /// Last change, in the same form.
    #[serde(rename = "dateModified")]
    pub date_modified: Option<String>,
    /// Path of its small image, from the root of the server.
    #[serde(rename = "imageUrl")]
    pub image_url: String,
    /// Path of its tiny image.
    #[serde(rename = "imagePlaceholderUrl")]
    pub image_placeholder_url: String,
    /// The number as text.
    pub id: String,
}

impl<'de> Deserialize<'de> for RecipeEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let recipe = Recipe(Map::deserialize(deserializer)?);
        let id = recipe
            .id()
            .ok_or_else(|| serde::de::Error::custom("a recipe without number"))?;
        let some = |field: &str| Some(recipe.text(field)).filter(|text| !text.is_empty());
        Ok(Self {
            recipe_id: id,
            name: recipe.name(),
            keywords: Some(recipe.keywords().join(",")).filter(|text| !text.is_empty()),
            category: some("category").or_else(|| some("recipeCategory")),
            date_created: recipe.text("dateCreated"),
            date_modified: some("dateModified"),
            image_url: recipe.text("imageUrl"),
            image_placeholder_url: recipe.text("imagePlaceholderUrl"),
            id: id.to_string(),
        })
    }
}

/// A category or a keyword, and how many recipes have it. The category `*` counts the recipes without any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// How many.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub recipe_count: i64,
}

/// The user's settings of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Folder that holds the recipes, from the root of the user's files.
    #[serde(default = "default_folder", deserialize_with = "tolerant::text")]
    pub folder: String,
    /// Minutes between two looks for recipes that changed as files.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub update_interval: i64,
    /// Whether the image is printed with the recipe.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub print_image: bool,
    /// Which blocks of a recipe are shown.
    #[serde(default, rename = "visibleInfoBlocks", skip_serializing_if = "Option::is_none")]
    pub visible_info_blocks: Option<Value>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            folder: default_folder(),
            update_interval: 10,
            print_image: true,
            visible_info_blocks: Some(serde_json::json!({
                "preparation-time": true, "cooking-time": true, "total-time": true,
                "nutrition-information": true, "tools": true
            })),
        }
    }
}

/// The settings to change; the others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigPatch {
    /// New folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// New interval in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_interval: Option<i64>,
    /// Whether to print images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print_image: Option<bool>,
}

impl ConfigPatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Versions of the app and of its interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Release of the app, such as 0.11.9; later elements may be text.
    #[serde(default)]
    pub cookbook_version: Vec<Value>,
    /// Version of the interface.
    pub api_version: ApiVersion,
}

/// Version of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiVersion {
    /// Raised when everything is new.
    pub epoch: i64,
    /// Raised when something breaks.
    pub major: i64,
    /// Raised when something is added.
    pub minor: i64,
}

/// What a failed call tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub msg: String,
}

fn default_folder() -> String {
    "/Recipes".to_owned()
}

#[cfg(test)]
mod tests;
