use proptest::prelude::*;
use serde_json::json;

use super::*;

fn recipe(value: Value) -> Recipe {
    serde_json::from_value(value).unwrap()
}

#[test]
fn p138_an_id_is_read_from_a_number_a_text_or_the_other_field() {
    for (value, id) in [
        (json!({"id": 7}), Some(7)),
        (json!({"id": "7"}), Some(7)),
        (json!({"recipe_id": 7}), Some(7)),
        (json!({"id": "", "recipe_id": "7"}), Some(7)),
        (json!({"id": "8", "recipe_id": 7}), Some(8)),
        (json!({"id": "abc"}), None),
        (json!({"id": -1}), None),
        (json!({}), None),
    ] {
        assert_eq!(recipe(value.clone()).id(), id.map(RecipeId), "{value}");
    }
    let entry: RecipeEntry = serde_json::from_value(json!({"recipe_id": 7, "name": "Soup", "keywords": null})).unwrap();
    assert_eq!(
        (entry.recipe_id, entry.id.as_str(), entry.keywords),
        (RecipeId(7), "7", None)
    );
}

#[test]
fn p142_fields_of_many_forms_are_read_into_one() {
    let recipe = recipe(json!({
        "name": ["Soup"], "keywords": ["vegan", "quick, easy", "vegan"], "recipeYield": "4",
        "tool": {"0": "Pot", "2": "Spoon"}, "recipeIngredient": "1 kg tomatoes\n\nsalt",
        "recipeInstructions": [{"@type": "HowToStep", "text": "Cut."}, "Cook.",
            {"@type": "HowToSection", "name": "Serve", "itemListElement": [{"@type": "HowToStep", "name": "Eat."}]}],
        "nutrition": {"@type": "NutritionInformation", "calories": 120, "fatContent": null},
        "image": [{"@type": "ImageObject", "url": "https://example.org/i.png"}],
    }));
    assert_eq!(recipe.name(), "Soup");
    assert_eq!(recipe.keywords(), ["vegan", "quick", "easy"]);
    assert_eq!(recipe.servings(), json!(4));
    assert_eq!(recipe.texts("tool"), ["Pot", "Spoon"]);
    assert_eq!(recipe.texts("recipeIngredient"), ["1 kg tomatoes", "salt"]);
    assert_eq!(recipe.instructions(), ["Cut.", "Cook.", "Serve", "Eat."]);
    assert_eq!(
        Value::from(recipe.nutrition().unwrap()),
        json!({"@type": "NutritionInformation", "calories": "120"})
    );
    assert_eq!(recipe.image(), "https://example.org/i.png");
}

#[test]
fn what_the_server_only_shows_is_not_sent_back() {
    let shown =
        json!({"name": "Soup", "printImage": true, "imageUrl": "/a", "imagePlaceholderUrl": "/b", "id": "7", "x": [1]});
    assert_eq!(
        Value::from(recipe(shown).stored().0),
        json!({"name": "Soup", "id": "7", "x": [1]})
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Of few digits: the parser rounds the last one of long fractions.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_recipe() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        "[a-zA-Z@]{1,10}",
        prop::sample::select(vec![
            "name",
            "description",
            "url",
            "image",
            "keywords",
            "recipeYield",
            "recipeCategory",
            "tool",
            "recipeIngredient",
            "recipeInstructions",
            "nutrition",
            "prepTime",
            "@type",
            "@context",
            "dateModified",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::btree_map(name, any_json(), 0..12).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn p142_any_document_survives_reading_merging_and_writing_but_for_the_named_field(
        document in any_recipe(), category in ".{0,20}",
    ) {
        let sent = serde_json::to_vec(&document).unwrap();
        let mut read: Recipe = serde_json::from_slice(&sent).unwrap();
        let _ = (read.id(), read.name(), read.keywords(), read.instructions(), read.image(), read.nutrition(), read.servings());
        read.apply(&RecipePatch { category: Some(category.clone()), ..RecipePatch::default() });
        let written = serde_json::to_vec(&read.stored()).unwrap();
        let mut expected: Map<String, Value> = serde_json::from_slice(&sent).unwrap();
        for shown in ["printImage", "imageUrl", "imagePlaceholderUrl"] {
            expected.remove(shown);
        }
        expected.insert("recipeCategory".to_owned(), category.into());
        prop_assert_eq!(serde_json::from_slice::<Map<String, Value>>(&written).unwrap(), expected);
    }

    #[test]
    fn any_document_is_read_as_a_recipe_and_imported(document in any_recipe()) {
        let recipe = imported(&Recipe(document), "https://example.org/");
        prop_assert!(recipe.0["recipeInstructions"].is_array());
    }
}

#[test]
fn the_settings_are_read_and_written_as_recorded() {
    let recorded = json!({"folder": "/Recipes", "update_interval": 10, "print_image": true, "visibleInfoBlocks": {
        "preparation-time": true, "cooking-time": true, "total-time": true, "nutrition-information": true, "tools": true}});
    let config: Config = serde_json::from_value(recorded.clone()).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(serde_json::to_value(config).unwrap(), recorded);
    let php: Config =
        serde_json::from_value(json!({"folder": "/A", "update_interval": "5", "print_image": "0"})).unwrap();
    assert_eq!((php.update_interval, php.print_image), (5, false));
}
