use serde_json::{Map, Value, json};

use super::{Recipe, page::plain_text, recipe::with_plain_times};

/// Longest text of a field, in characters.
const MAX_TEXT: usize = 20_000;
/// Most elements of a list.
const MAX_ITEMS: usize = 500;

/// What a page says about a recipe, in the form that the server stores: plain texts and lists. Pages put markup into any text, and
/// most of what they say about themselves (ratings, authors, comments) is no part of a recipe.
pub fn imported(found: &Recipe, url: &str) -> Recipe {
    let text = |field: &str| cleaned(&found.text(field));
    let list = |items: Vec<String>| -> Vec<String> {
        let items = items.iter().take(MAX_ITEMS).map(|item| cleaned(item));
        items.filter(|item| !item.is_empty()).collect()
    };
    let steps = found.instructions();
    let steps = steps
        .iter()
        .flat_map(|step| plain_text(step).lines().map(str::to_owned).collect::<Vec<_>>());
    let mut recipe = Recipe(Map::from_iter([
        ("@context".to_owned(), json!("http://schema.org")),
        ("@type".to_owned(), json!("Recipe")),
        ("name".to_owned(), text("name").into()),
        ("description".to_owned(), text("description").into()),
        ("url".to_owned(), url.into()),
        ("image".to_owned(), found.image().into()),
        ("recipeYield".to_owned(), servings(found)),
        ("recipeCategory".to_owned(), text("recipeCategory").into()),
        ("keywords".to_owned(), list(found.keywords()).join(",").into()),
        ("tool".to_owned(), list(found.texts("tool")).into()),
        ("recipeIngredient".to_owned(), list(ingredients(found)).into()),
        ("recipeInstructions".to_owned(), list(steps.collect()).into()),
        ("prepTime".to_owned(), text("prepTime").into()),
        ("cookTime".to_owned(), text("cookTime").into()),
        ("totalTime".to_owned(), text("totalTime").into()),
        ("datePublished".to_owned(), Value::Null),
        ("nutrition".to_owned(), nutrition(found)),
    ]));
    with_plain_times(&mut recipe);
    recipe
}

/// The old name of the field is still on many pages.
fn ingredients(found: &Recipe) -> Vec<String> {
    let ingredients = found.texts("recipeIngredient");
    if ingredients.is_empty() {
        found.texts("ingredients")
    } else {
        ingredients
    }
}

/// A number where the text begins with one, as in `4 servings`.
fn servings(found: &Recipe) -> Value {
    match found.servings() {
        Value::String(text) => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits
                .parse::<i64>()
                .map_or_else(|_| json!(cleaned(&text)), |number| json!(number))
        }
        number => number,
    }
}

fn nutrition(found: &Recipe) -> Value {
    let mut fields = found.nutrition().unwrap_or_default();
    fields.retain(|name, _| !name.starts_with('@'));
    for value in fields.values_mut() {
        *value = cleaned(value.as_str().unwrap_or_default()).into();
    }
    let mut typed = Map::from_iter([("@type".to_owned(), json!("NutritionInformation"))]);
    typed.extend(fields.into_iter().take(50));
    typed.into()
}

/// On one line, without markup.
fn cleaned(text: &str) -> String {
    let plain = plain_text(text);
    let joined = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(MAX_TEXT).collect()
}
