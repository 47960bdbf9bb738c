use nc_testkit::app::TestApp;
use serde_json::{Value, json};

/// The pages that could be imported lie on the web.
pub(super) const FAILS: &str = "nc_cookbook_import_recipe";

/// Two recipes; gives their ids.
pub(super) async fn prepare(app: &TestApp) -> Value {
    let mut ids = Vec::new();
    for name in ["One", "Two"] {
        let recipe = json!({ "name": name, "category": "Kept", "keywords": "kept" });
        ids.push(app.call("nc_cookbook_create_recipe", &recipe).await.structured()["id"].clone());
    }
    ids.into()
}

pub(super) fn arguments(tool: &str, ids: &Value) -> Value {
    match tool {
        "nc_cookbook_get_recipe" => json!({ "recipe_id": ids[0] }),
        "nc_cookbook_update_recipe" => json!({ "recipe_id": ids[0], "description": "changed" }),
        "nc_cookbook_delete_recipe" => json!({ "recipe_id": ids[1] }),
        "nc_cookbook_create_recipe" => json!({ "name": "New" }),
        "nc_cookbook_search_recipes" => json!({ "query": "one" }),
        "nc_cookbook_get_recipes_in_category" => json!({ "category": "Kept" }),
        "nc_cookbook_get_recipes_with_keywords" => json!({ "keywords": ["kept"] }),
        "nc_cookbook_import_recipe" => json!({ "url": "https://recipes.invalid/soup" }),
        "nc_cookbook_set_config" => json!({ "print_image": true }),
        _ => json!({}),
    }
}
