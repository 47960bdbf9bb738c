//! Cookbook: thirteen tools over the Cookbook app.

mod answers;
mod change;

use nc_auth::Scope::{CookbookRead, CookbookWrite};
use nc_client::{RecipeEntry, RecipeId};
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use answers::FullRecipe;

use self::answers::{CategoryList, CountedName, KeywordList, RecipeHits, RecipeItem, RecipeList};
use super::COOKBOOK;
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::ADD,
            "nc_cookbook_import_recipe",
            "Import Recipe from URL",
            "Lets the cloud fetch a web page and store the recipe in it, with its picture. A taken name fails with already_exists.",
            change::import,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_list_recipes",
            "List Recipes",
            "Lists all recipes by name. Use nc_cookbook_get_recipe to read one.",
            list,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_get_recipe",
            "Get Recipe",
            "Reads one recipe with ingredients, steps, times and nutrition.",
            get,
        ),
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::ADD,
            "nc_cookbook_create_recipe",
            "Create Recipe",
            "Creates a recipe. A taken name fails with already_exists, which tells who has it.",
            change::create,
        ),
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::REPLACE.idempotent(),
            "nc_cookbook_update_recipe",
            "Update Recipe",
            "Changes the given fields of a recipe. What is not given stays. Lists are replaced whole.",
            change::update,
        ),
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::DELETE,
            "nc_cookbook_delete_recipe",
            "Delete Recipe",
            "Deletes a recipe with its picture. Its folder goes to the trash bin where the cloud has one.",
            change::delete,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_search_recipes",
            "Search Recipes",
            "Finds recipes with any of the words between commas in name, keywords or category.",
            search,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_list_categories",
            "List Recipe Categories",
            "Lists the categories with their number of recipes. The name * counts recipes without category.",
            categories,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_get_recipes_in_category",
            "Get Recipes in Category",
            "Lists the recipes of one category. Fails with not_found if there is no such category.",
            in_category,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_list_keywords",
            "List Recipe Keywords",
            "Lists the keywords with their number of recipes.",
            keywords,
        ),
        row(
            COOKBOOK,
            CookbookRead,
            Hints::READ,
            "nc_cookbook_get_recipes_with_keywords",
            "Get Recipes with Keywords",
            "Lists the recipes that have all of the keywords.",
            with_keywords,
        ),
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::REPLACE.idempotent(),
            "nc_cookbook_set_config",
            "Set Cookbook Configuration",
            "Changes settings of Cookbook. Recipes do not move with the folder: ask the user first, then call nc_cookbook_reindex.",
            change::set_config,
        ),
        row(
            COOKBOOK,
            CookbookWrite,
            Hints::ADD.idempotent(),
            "nc_cookbook_reindex",
            "Reindex Recipes",
            "Lets the cloud read all recipe files anew, after files or the folder changed.",
            change::reindex,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct RecipeRef {
    /// Id from a list or search.
    recipe_id: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// Words to look for, separated by commas.
    #[schemars(length(min = 1, max = 1000))]
    query: String,
}

#[derive(Deserialize, JsonSchema)]
struct InCategory {
    /// Name of a category. `_` for recipes without one.
    category: String,
}

#[derive(Deserialize, JsonSchema)]
struct WithKeywords {
    /// Keywords, exactly as listed.
    #[schemars(length(min = 1, max = 50))]
    keywords: Vec<String>,
}

fn items(recipes: Vec<RecipeEntry>) -> Vec<RecipeItem> {
    recipes.into_iter().map(RecipeItem::from).collect()
}

fn listed(context: &Context, recipes: Vec<RecipeEntry>) -> RecipeList {
    RecipeList {
        success: true,
        timestamp: context.timestamp(),
        total_count: recipes.len(),
        recipes: items(recipes),
    }
}

async fn list(context: Context, _: Nothing) -> Result<RecipeList, Failure> {
    let recipes = context.client.cookbook().list().await.or_fail()?;
    Ok(listed(&context, recipes))
}

async fn get(context: Context, arguments: RecipeRef) -> Result<FullRecipe, Failure> {
    full_recipe(&context, RecipeId(arguments.recipe_id)).await
}

pub(crate) async fn full_recipe(context: &Context, id: RecipeId) -> Result<FullRecipe, Failure> {
    let recipe = context.client.cookbook().get(id).await.or_fail()?;
    Ok(FullRecipe::of(&recipe))
}

async fn search(context: Context, arguments: Search) -> Result<RecipeHits, Failure> {
    let recipes = context.client.cookbook().search(&arguments.query).await.or_fail()?;
    Ok(RecipeHits {
        success: true,
        timestamp: context.timestamp(),
        query: arguments.query,
        total_found: recipes.len(),
        recipes: items(recipes),
    })
}

async fn categories(context: Context, _: Nothing) -> Result<CategoryList, Failure> {
    let categories = context.client.cookbook().categories().await.or_fail()?;
    Ok(CategoryList {
        success: true,
        timestamp: context.timestamp(),
        categories: categories.into_iter().map(CountedName::from).collect(),
    })
}

async fn in_category(context: Context, arguments: InCategory) -> Result<RecipeList, Failure> {
    let recipes = context
        .client
        .cookbook()
        .in_category(&arguments.category)
        .await
        .or_fail()?;
    Ok(listed(&context, recipes))
}

async fn keywords(context: Context, _: Nothing) -> Result<KeywordList, Failure> {
    let keywords = context.client.cookbook().keywords().await.or_fail()?;
    Ok(KeywordList {
        success: true,
        timestamp: context.timestamp(),
        keywords: keywords.into_iter().map(CountedName::from).collect(),
    })
}

async fn with_keywords(context: Context, arguments: WithKeywords) -> Result<RecipeList, Failure> {
    let recipes = context
        .client
        .cookbook()
        .with_keywords(&arguments.keywords)
        .await
        .or_fail()?;
    Ok(listed(&context, recipes))
}
