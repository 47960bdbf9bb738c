use serde_json::{Value, json};

use super::{Home, Server};

/// Tools whose answer shows something of the person's own.
pub(super) const SHOWING: &[&str] = &[
    "nc_cookbook_get_recipe",
    "nc_cookbook_list_recipes",
    "nc_cookbook_search_recipes",
    "nc_cookbook_list_categories",
    "nc_cookbook_list_keywords",
    "nc_cookbook_get_recipes_with_keywords",
];

/// Tools that name one recipe.
pub(super) const OF_ONE: &[&str] = &[
    "nc_cookbook_get_recipe",
    "nc_cookbook_update_recipe",
    "nc_cookbook_delete_recipe",
];

/// Recipes: one to be read, one to be changed, one to be deleted.
pub(super) async fn cook(home: &Home, server: &Server) -> Vec<Value> {
    let mut ids = Vec::new();
    for number in 0..3 {
        let recipe = json!({
            "name": format!("{} {number}", home.marker), "category": home.marker, "keywords": format!("eaten,{}", home.marker),
        });
        ids.push(home.done(server, "nc_cookbook_create_recipe", recipe).await["id"].clone());
    }
    ids
}

pub(super) fn arguments(tool: &str, recipes: &[Value]) -> Value {
    match tool {
        "nc_cookbook_get_recipe" => json!({ "recipe_id": recipes[0] }),
        "nc_cookbook_update_recipe" => json!({ "recipe_id": recipes[1], "description": "changed" }),
        "nc_cookbook_delete_recipe" => json!({ "recipe_id": recipes[2] }),
        "nc_cookbook_create_recipe" => json!({ "name": "Another" }),
        "nc_cookbook_search_recipes" => json!({ "query": "has-this" }),
        "nc_cookbook_get_recipes_in_category" => json!({ "category": "_" }),
        "nc_cookbook_get_recipes_with_keywords" => json!({ "keywords": ["eaten"] }),
        "nc_cookbook_import_recipe" => json!({ "url": "https://recipes.invalid/soup" }),
        "nc_cookbook_set_config" => json!({ "print_image": true }),
        _ => json!({}),
    }
}
