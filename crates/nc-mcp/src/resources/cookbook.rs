//! Recipes, and version and settings of the Cookbook app.

use nc_auth::{Scope, ScopeSet};
use nc_client::{RecipeEntry, RecipeId};
use nc_mcp_kit::{Failure, ResourceSpec};
use rmcp::model::{ErrorData, ResourceContents};

use super::{Asked, no_such};
use crate::{
    context::Context,
    errors::OrFail,
    tools::{COOKBOOK, cookbook},
};

const VERSION: &str = "cookbook://version";
const CONFIG: &str = "cookbook://config";
const RECIPE: &str = "nc://Cookbook/{recipe_id}";

pub(super) fn specs() -> Vec<ResourceSpec> {
    let cookbook = |uri, name, title, description| ResourceSpec {
        uri,
        name,
        title,
        description,
        mime_type: "application/json",
        app: COOKBOOK.name,
        capability: COOKBOOK.capability,
        scopes: ScopeSet::EMPTY.with(Scope::CookbookRead),
    };
    vec![
        cookbook(
            VERSION,
            "cookbook_get_version",
            "Cookbook Version",
            "Versions of the Cookbook app and of its interface.",
        ),
        cookbook(
            CONFIG,
            "cookbook_get_config",
            "Cookbook Settings",
            "In which folder recipes are stored, and how they are shown.",
        ),
        cookbook(
            RECIPE,
            "nc_cookbook_get_recipe_resource",
            "Recipe",
            "One recipe with ingredients and steps.",
        ),
    ]
}

pub(super) async fn read(asked: Asked<'_>) -> Result<ResourceContents, ErrorData> {
    let app = asked.context.client.cookbook();
    match (asked.template, asked.values) {
        (VERSION, _) => asked.json(app.version().await.or_fail()),
        (CONFIG, _) => asked.json(app.config().await.or_fail()),
        (RECIPE, [id]) => {
            let id = RecipeId(asked.number(id)?);
            asked.json(cookbook::full_recipe(asked.context, id).await)
        }
        _ => Err(no_such(asked.uri)),
    }
}

/// Ids of recipes that begin so, or whose name has it in it.
pub(super) async fn complete(context: &Context, variable: &str, prefix: &str) -> Result<Vec<String>, Failure> {
    if variable != "recipe_id" {
        return Ok(Vec::new());
    }
    let recipes = context.client.cookbook().list().await.or_fail()?;
    let part = prefix.to_lowercase();
    let meant = |recipe: &RecipeEntry| recipe.id.starts_with(prefix) || recipe.name.to_lowercase().contains(&part);
    Ok(recipes.into_iter().filter(meant).map(|recipe| recipe.id).collect())
}
