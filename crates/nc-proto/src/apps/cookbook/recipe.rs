use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{RecipeId, duration, read};

/// What the server adds when it shows a recipe; not part of what is stored.
const SHOWN_ONLY: [&str; 3] = ["printImage", "imageUrl", "imagePlaceholderUrl"];

/// A recipe as a document of schema.org. Its fields come in many forms and are read tolerantly; a change touches the named
/// fields only, so what nobody here knows survives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recipe(pub Map<String, Value>);

impl Recipe {
    /// Its number: `id`, else `recipe_id`, as number or text.
    pub fn id(&self) -> Option<RecipeId> {
        ["id", "recipe_id"]
            .iter()
            .filter_map(|field| self.0.get(*field))
            .find_map(|value| match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            })
            .filter(|id| *id > 0)
            .map(RecipeId)
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.text("name")
    }

    /// What a field says as one text; empty if it is absent.
    pub fn text(&self, field: &str) -> String {
        self.0.get(field).map(read::text).unwrap_or_default()
    }

    /// What a field says as a list of texts.
    pub fn texts(&self, field: &str) -> Vec<String> {
        self.0.get(field).map(read::texts).unwrap_or_default()
    }

    /// The keywords.
    pub fn keywords(&self) -> Vec<String> {
        self.0.get("keywords").map(read::keywords).unwrap_or_default()
    }

    /// The steps.
    pub fn instructions(&self) -> Vec<String> {
        self.0
            .get("recipeInstructions")
            .map(read::instructions)
            .unwrap_or_default()
    }

    /// The address of the image, as the recipe names it.
    pub fn image(&self) -> String {
        self.0.get("image").map(read::image).unwrap_or_default()
    }

    /// Nutrition values as texts.
    pub fn nutrition(&self) -> Option<Map<String, Value>> {
        self.0.get("nutrition").and_then(read::nutrition)
    }

    /// For how many it is: a number, or a text such as `2 loaves`. 1 where nothing is said.
    pub fn servings(&self) -> Value {
        match self.0.get("recipeYield") {
            Some(Value::Number(number)) if number.as_i64().is_some() => Value::Number(number.clone()),
            Some(value) => match read::text(value) {
                text if text.is_empty() => json!(1),
                text => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            },
            None => json!(1),
        }
    }

    /// Without what the server only adds when it shows a recipe.
    #[must_use]
    pub fn stored(mut self) -> Self {
        for field in SHOWN_ONLY {
            self.0.remove(field);
        }
        self
    }

    /// Sets the fields that are given; all else stays as it is.
    pub fn apply(&mut self, patch: &RecipePatch) {
        let mut set = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                self.0.insert(field.to_owned(), value);
            }
        };
        set("name", patch.name.clone().map(Value::from));
        set("description", patch.description.clone().map(Value::from));
        set("recipeIngredient", patch.ingredients.clone().map(Value::from));
        set("recipeInstructions", patch.instructions.clone().map(Value::from));
        set("url", patch.url.clone().map(Value::from));
        set("prepTime", patch.prep_time.clone().map(Value::from));
        set("cookTime", patch.cook_time.clone().map(Value::from));
        set("totalTime", patch.total_time.clone().map(Value::from));
        set("recipeYield", patch.servings.map(Value::from));
        set("recipeCategory", patch.category.clone().map(Value::from));
        set("keywords", patch.keywords.clone().map(Value::from));
    }
}

/// The fields of a recipe to set; the others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipePatch {
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Ingredients, one an element.
    pub ingredients: Option<Vec<String>>,
    /// Steps, one an element.
    pub instructions: Option<Vec<String>>,
    /// Where it comes from.
    pub url: Option<String>,
    /// Time to prepare, as [`duration()`] gives it.
    pub prep_time: Option<String>,
    /// Time to cook.
    pub cook_time: Option<String>,
    /// Both together.
    pub total_time: Option<String>,
    /// For how many it is.
    pub servings: Option<i64>,
    /// Category.
    pub category: Option<String>,
    /// Keywords, separated by commas.
    pub keywords: Option<String>,
}

impl RecipePatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Puts the times of a recipe into the form that the server stores, where they can be read.
pub(super) fn with_plain_times(recipe: &mut Recipe) {
    for field in ["prepTime", "cookTime", "totalTime"] {
        if let Some(time) = duration(&recipe.text(field)) {
            recipe.0.insert(field.to_owned(), time.into());
        }
    }
}
