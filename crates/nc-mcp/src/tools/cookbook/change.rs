use nc_client::{CookbookConfigPatch, RecipeId, RecipePatch, duration};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Nothing, RecipeRef,
    answers::{DeletedRecipe, Done, FullRecipe, Imported, Stored},
};
use crate::{context::Context, errors::OrFail};

#[derive(Deserialize, JsonSchema)]
pub(super) struct Import {
    /// Address of the page, http or https on a public host.
    #[schemars(length(min = 1, max = 2000))]
    url: String,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct CreateRecipe {
    /// Name.
    #[schemars(length(min = 1, max = 1000))]
    name: String,
    /// Description.
    description: Option<String>,
    /// Ingredients, one an element.
    ingredients: Option<Vec<String>>,
    /// Steps, one an element.
    instructions: Option<Vec<String>>,
    /// Address of its source.
    url: Option<String>,
    /// ISO 8601, such as PT1H30M.
    prep_time: Option<String>,
    /// ISO 8601.
    cook_time: Option<String>,
    /// ISO 8601.
    total_time: Option<String>,
    /// Number of servings.
    #[schemars(range(min = 1))]
    recipe_yield: Option<i64>,
    /// Category.
    category: Option<String>,
    /// Keywords, separated by commas.
    keywords: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct UpdateRecipe {
    /// Id from a list or search.
    recipe_id: i64,
    /// dateModified of the last read. A newer recipe fails with conflict.
    date_modified: Option<String>,
    /// New name.
    #[schemars(length(min = 1, max = 1000))]
    name: Option<String>,
    /// New description.
    description: Option<String>,
    /// All ingredients.
    ingredients: Option<Vec<String>>,
    /// All steps.
    instructions: Option<Vec<String>>,
    /// Address of its source.
    url: Option<String>,
    /// ISO 8601, such as PT1H30M.
    prep_time: Option<String>,
    /// ISO 8601.
    cook_time: Option<String>,
    /// ISO 8601.
    total_time: Option<String>,
    /// Number of servings.
    #[schemars(range(min = 1))]
    recipe_yield: Option<i64>,
    /// New category. Empty for none.
    category: Option<String>,
    /// All keywords, separated by commas.
    keywords: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct SetConfig {
    /// Folder of the recipes, from the user's root.
    #[schemars(length(min = 1, max = 1000))]
    folder: Option<String>,
    /// Minutes between two looks for changed files.
    #[schemars(range(min = 1, max = 525_600))]
    update_interval: Option<i64>,
    /// Whether pictures are printed.
    print_image: Option<bool>,
}

/// A time in the form that the app stores. An empty one clears it.
fn time(name: &str, given: Option<String>) -> Result<Option<String>, Failure> {
    match given {
        Some(text) if !text.trim().is_empty() => duration(&text).map(Some).ok_or_else(|| {
            ToolError::invalid_argument(format!(
                "argument `{name}` must be an ISO 8601 duration such as PT1H30M"
            ))
            .into()
        }),
        given => Ok(given),
    }
}

pub(super) async fn import(context: Context, arguments: Import) -> Result<Imported, Failure> {
    let cookbook = context.client.cookbook();
    let recipe = cookbook
        .import(&arguments.url, context.options.recipe_hosts)
        .await
        .or_fail()?;
    Ok(Imported {
        success: true,
        timestamp: context.timestamp(),
        recipe_id: recipe.id().map(|id| id.to_string()).unwrap_or_default(),
        recipe: FullRecipe::of(&recipe),
    })
}

fn stored(context: &Context, id: RecipeId) -> Stored {
    Stored {
        success: true,
        timestamp: context.timestamp(),
        id: id.0,
    }
}

pub(super) async fn create(context: Context, arguments: CreateRecipe) -> Result<Stored, Failure> {
    let patch = RecipePatch {
        name: Some(arguments.name),
        description: arguments.description,
        ingredients: arguments.ingredients,
        instructions: arguments.instructions,
        url: arguments.url,
        prep_time: time("prep_time", arguments.prep_time)?,
        cook_time: time("cook_time", arguments.cook_time)?,
        total_time: time("total_time", arguments.total_time)?,
        servings: arguments.recipe_yield,
        category: arguments.category,
        keywords: arguments.keywords,
    };
    let id = context
        .client
        .cookbook()
        .create(&patch, context.options.recipe_hosts)
        .await
        .or_fail()?;
    Ok(stored(&context, id))
}

pub(super) async fn update(context: Context, arguments: UpdateRecipe) -> Result<Stored, Failure> {
    let patch = RecipePatch {
        name: arguments.name,
        description: arguments.description,
        ingredients: arguments.ingredients,
        instructions: arguments.instructions,
        url: arguments.url,
        prep_time: time("prep_time", arguments.prep_time)?,
        cook_time: time("cook_time", arguments.cook_time)?,
        total_time: time("total_time", arguments.total_time)?,
        servings: arguments.recipe_yield,
        category: arguments.category,
        keywords: arguments.keywords,
    };
    let (id, since) = (RecipeId(arguments.recipe_id), arguments.date_modified.as_deref());
    let cookbook = context.client.cookbook();
    let id = cookbook
        .update(id, &patch, since, context.options.recipe_hosts)
        .await
        .or_fail()?;
    Ok(stored(&context, id))
}

pub(super) async fn delete(context: Context, arguments: RecipeRef) -> Result<DeletedRecipe, Failure> {
    let id = RecipeId(arguments.recipe_id);
    context.client.cookbook().delete(id).await.or_fail()?;
    Ok(DeletedRecipe {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(format!("Recipe {id} was deleted")),
        deleted_id: id.0,
    })
}

fn done(context: &Context, message: String) -> Done {
    Done {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(message),
    }
}

pub(super) async fn set_config(context: Context, arguments: SetConfig) -> Result<Done, Failure> {
    let is_moved = arguments.folder.is_some();
    let patch = CookbookConfigPatch {
        folder: arguments.folder,
        update_interval: arguments.update_interval,
        print_image: arguments.print_image,
    };
    let config = context.client.cookbook().change_config(&patch).await.or_fail()?;
    let mut message = format!(
        "folder {}, update_interval {}, print_image {}",
        config.folder, config.update_interval, config.print_image
    );
    if is_moved {
        message.push_str(". Recipes of another folder stay there. Call nc_cookbook_reindex to see those of this one");
    }
    Ok(done(&context, message))
}

pub(super) async fn reindex(context: Context, _: Nothing) -> Result<Done, Failure> {
    context.client.cookbook().reindex().await.or_fail()?;
    Ok(done(&context, "The recipes were read anew".to_owned()))
}
