use serde_json::json;

use super::{Assembly, Walk};

impl<A: Assembly> Walk<'_, A> {
    pub(super) async fn recipes(&mut self) {
        let soup = json!({ "name": "Soup", "category": "Walk", "keywords": "warm", "ingredients": ["water"] });
        let made = self.call("nc_cookbook_create_recipe", soup).await;
        let one = json!({ "recipe_id": made["id"] });
        let change = json!({ "recipe_id": made["id"], "description": "changed" });
        self.call("nc_cookbook_update_recipe", change).await;
        let read = self.call("nc_cookbook_get_recipe", one.clone()).await;
        assert_eq!(
            (&read["description"], &read["recipeIngredient"]),
            (&json!("changed"), &json!(["water"]))
        );
        for tool in ["list_recipes", "list_categories", "list_keywords", "reindex"] {
            self.call(&format!("nc_cookbook_{tool}"), json!({})).await;
        }
        self.call("nc_cookbook_search_recipes", json!({ "query": "soup" }))
            .await;
        let walk = json!({ "category": "Walk" });
        assert_eq!(
            self.call("nc_cookbook_get_recipes_in_category", walk).await["total_count"],
            1
        );
        let warm = json!({ "keywords": ["warm"] });
        assert_eq!(
            self.call("nc_cookbook_get_recipes_with_keywords", warm).await["total_count"],
            1
        );
        self.call("nc_cookbook_set_config", json!({ "print_image": true }))
            .await;
        // No such name exists: the tool works as far as the cloud, which finds nothing.
        self.ask(
            "nc_cookbook_import_recipe",
            json!({ "url": "https://recipes.invalid/soup" }),
        )
        .await;
        self.call("nc_cookbook_delete_recipe", one).await;
    }
}
