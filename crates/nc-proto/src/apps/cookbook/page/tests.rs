use serde_json::json;

use super::*;
use crate::apps::cookbook::imported;

fn page(head: &str, body: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>A <b></title>{head}</head><body>{body}</body></html>")
}

fn ld(json: &str) -> String {
    page(&format!("<script type=\"application/ld+json\">{json}</script>"), "")
}

#[test]
fn json_ld_is_found_alone_in_lists_in_graphs_and_behind_lists_of_types() {
    for json in [
        r#"{"@type":"Recipe","name":"Soup"}"#,
        r#"[{"@type":"WebSite","name":"Site"},{"@type":["NewsArticle","Recipe"],"name":"Soup"}]"#,
        r#"{"@context":"https://schema.org","@graph":[{"@type":"Organization","name":"O"},{"@type":"http://schema.org/Recipe","name":"Soup"}]}"#,
        r#"{"@type":"WebPage","name":"Page","mainEntity":{"@type":"schema:Recipe","name":"Soup"}}"#,
        "<!--\n{\"@type\":\"Recipe\",\"name\":\"Soup\",\"description\":\"two\nlines\"}\n-->",
        r#"{"@type":"Recipe","name":"Soup"};"#,
    ] {
        assert_eq!(
            find_recipe(&ld(json)).map(|recipe| recipe.name()),
            Ok("Soup".to_owned()),
            "{json}"
        );
    }
    let two = ld(r#"{"@type":"Recipe"}"#) + &ld(r#"{"@type":"Recipe","name":"Second"}"#);
    assert_eq!(find_recipe(&two).unwrap().name(), "Second");
}

#[test]
fn an_image_that_the_graph_names_elsewhere_is_found() {
    let recipe = find_recipe(&ld(
        r##"{"@graph":[{"@type":"Recipe","name":"Soup","image":{"@id":"#i"}},{"@id":"#i","@type":"ImageObject","url":"https://example.org/i.png"}]}"##,
    ));
    assert_eq!(recipe.unwrap().image(), "https://example.org/i.png");
}

#[test]
fn microdata_is_read_with_nested_items_values_of_attributes_and_tags_left_open() {
    let html = page(
        "",
        r#"<div itemscope itemtype="https://schema.org/Recipe"><h1 itemprop=name>Käse &amp; <i>Brot</i></h1>
        <img itemprop="image" src='https://example.org/i.png'><meta itemprop="recipeYield" content="4 servings">
        <time itemprop="prepTime" datetime="PT10M">10 min</time>
        <ul><li itemprop="recipeIngredient">250 g flour<li itemprop="recipeIngredient">2 eggs</ul>
        <p itemprop="description">Warm<p>Not this
        <ol itemprop="recipeInstructions"><li>Mix.</li><li>Fry.<br>Eat.</li></ol>
        <div itemprop="nutrition" itemscope itemtype="http://schema.org/NutritionInformation"><span itemprop="calories">300 kcal</span></div>
        </div>"#,
    );
    let recipe = imported(&find_recipe(&html).unwrap(), "https://example.org/a");
    assert_eq!(
        serde_json::to_value(&recipe).unwrap(),
        json!({
            "@context": "http://schema.org", "@type": "Recipe", "name": "Käse & Brot", "description": "Warm",
            "url": "https://example.org/a", "image": "https://example.org/i.png", "recipeYield": 4,
            "recipeCategory": "", "keywords": "", "tool": [], "recipeIngredient": ["250 g flour", "2 eggs"],
            "recipeInstructions": ["Mix.", "Fry.", "Eat."], "prepTime": "PT0H10M0S", "cookTime": "", "totalTime": "",
            "datePublished": null, "nutrition": { "@type": "NutritionInformation", "calories": "300 kcal" }
        })
    );
}

#[test]
fn a_page_without_a_recipe_says_why() {
    let broken = ld(r#"{"@type":"Recipe","name":"#);
    let empty = ld("");
    let thing = ld(r#"{"@type":"Thing","name":"Recipe"}"#);
    let script = page(
        "<script>var a = '<script type=\"application/ld+json\">{\"@type\":\"Recipe\",\"name\":\"x\"}';</script>",
        "",
    );
    let comment = format!("<!-- {} -->", ld(r#"{"@type":"Recipe","name":"x"}"#).replace("--", ""));
    for (html, error) in [
        ("", PageError::NoRecipe),
        ("Recipe & name < 3 </ <a href='", PageError::NoRecipe),
        (&broken, PageError::Broken),
        (&empty, PageError::NoRecipe),
        (&thing, PageError::NoRecipe),
        (&script, PageError::NoRecipe),
        (&comment, PageError::NoRecipe),
    ] {
        assert_eq!(find_recipe(html), Err(error), "{html}");
    }
    let beside = broken + r#"<div itemscope itemtype="http://schema.org/Recipe"><b itemprop="name">Soup</b>"#;
    assert_eq!(find_recipe(&beside).unwrap().name(), "Soup");
}

#[test]
fn deep_nesting_ends_without_a_recipe_and_without_harm() {
    let deep = "<div>".repeat(100_000);
    assert_eq!(find_recipe(&page("", &deep)), Err(PageError::TooDeep));
    let json = ld(&"{\"@graph\":[".repeat(50_000));
    assert_eq!(find_recipe(&json), Err(PageError::Broken));
    let items = "<i itemscope itemprop='a b c d e f g h' itemtype='http://schema.org/Recipe'>".repeat(1000);
    assert_eq!(find_recipe(&page("", &items)), Err(PageError::TooDeep));
    let attributes = (0..200_000).fold(String::from("<a "), |text, n| text + &format!("a{n} ")) + ">";
    assert_eq!(find_recipe(&attributes), Err(PageError::NoRecipe));
    // The same text is the value of every property around it.
    let texts = "<i itemscope itemtype='http://schema.org/Recipe'>".to_owned()
        + &"<b itemprop='a b c d e f g h'>".repeat(250)
        + &"x".repeat(100_000)
        + &"</b>".repeat(250)
        + "<b itemprop=name>Name</b>";
    let kept = find_recipe(&texts);
    assert!(kept.is_err() || serde_json::to_string(&kept.unwrap()).unwrap().len() < 8 << 20);
}

#[test]
fn an_import_keeps_plain_text_only() {
    let found = find_recipe(&ld(
        r#"{"@type":"Recipe","name":"A &amp; B","description":"<p>One</p><style>x()</style><p>two</p>","keywords":["a, b","c"],
        "recipeYield":["6","6 people"],"image":[{"url":"https://e.org/1"},"https://e.org/2"],"totalTime":"PT90M",
        "ingredients":"flour\neggs","aggregateRating":{"ratingValue":5},
        "recipeInstructions":[{"@type":"HowToSection","name":"Dough","itemListElement":[{"@type":"HowToStep","text":"Mix.<br>Knead."}]},"Bake."],
        "nutrition":{"calories":300}}"#,
    ))
    .unwrap();
    let recipe = imported(&found, "https://e.org/a");
    assert_eq!(recipe.name(), "A & B");
    assert_eq!(recipe.text("description"), "One two");
    assert_eq!(recipe.text("keywords"), "a,b,c");
    assert_eq!(recipe.0["recipeYield"], 6);
    assert_eq!(recipe.image(), "https://e.org/1");
    assert_eq!(recipe.text("totalTime"), "PT1H30M0S");
    assert_eq!(recipe.texts("recipeIngredient"), ["flour", "eggs"]);
    assert_eq!(recipe.instructions(), ["Dough", "Mix.", "Knead.", "Bake."]);
    assert_eq!(
        recipe.0["nutrition"],
        json!({ "@type": "NutritionInformation", "calories": "300" })
    );
    assert!(!recipe.0.contains_key("aggregateRating"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(html in "(<[a-z/!]{0,4}| itemprop=a|itemscope |itemtype='x/Recipe'|[<>\"'=&;/ a-zé]|-->|<!--|<script type=application/ld\\+json>|\\{\"@type\":){0,60}") {
        let _ = find_recipe(&html);
    }
}
