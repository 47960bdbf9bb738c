use nc_client::{CookbookConfigPatch, Hosts, RecipeId, RecipePatch};
use serde_json::{Value, json};

use crate::replay::{Replay, exchange};

const PAGE: &str = "https://feeds.example.org/pancakes.html";

fn named(name: &str) -> RecipePatch {
    RecipePatch {
        name: Some(name.to_owned()),
        ..RecipePatch::default()
    }
}

fn renamed(category: &str) -> RecipePatch {
    RecipePatch {
        category: Some(category.to_owned()),
        ..RecipePatch::default()
    }
}

/// A recorded exchange with another path.
fn at(name: &str, path: &str) -> Value {
    let mut exchange = exchange("cookbook", name);
    exchange["request"]["path"] = format!("/index.php/apps/cookbook/api/v1/{path}").into();
    exchange
}

/// A recorded exchange with another body: the recording has fields that the client does not send, or lacks some.
fn sending(name: &str, body: &Value) -> Value {
    let mut exchange = exchange("cookbook", name);
    exchange["request"]["body"] = body.to_string().into();
    exchange
}

fn made(name: &str) -> Value {
    json!({"@context": "http://schema.org", "@type": "Recipe", "name": name})
}

fn answering(mut exchange: Value, status: u16, body: &Value) -> Value {
    exchange["response"]["status"] = status.into();
    exchange["response"]["headers"]["Content-Type"] = "application/json; charset=utf-8".into();
    exchange["response"]["body"] = body.to_string().into();
    exchange
}

#[tokio::test]
async fn versions_settings_and_lists_are_read_as_recorded() {
    let names = [
        "version",
        "config-set",
        "config-get-after-set",
        "recipes-list",
        "search-by-name",
        "categories",
        "category-recipes",
        "categories",
        "category-uncategorized",
        "keywords",
        "tags-recipes-two",
        "reindex",
    ];
    let (replay, client) = Replay::start("cookbook", &names);
    let set = json!({"folder": "/Recipes", "update_interval": 10, "print_image": true});
    replay.replace(1, sending("config-set", &set));
    let cookbook = client.cookbook();
    let version = cookbook.version().await.expect("version");
    assert_eq!((version.api_version.major, version.api_version.minor), (1, 2));
    let patch = CookbookConfigPatch {
        folder: Some("/Recipes".to_owned()),
        update_interval: Some(10),
        print_image: Some(true),
    };
    let config = cookbook.change_config(&patch).await.expect("settings");
    assert_eq!((config.folder.as_str(), config.update_interval), ("/Recipes", 10));
    let all = cookbook.list().await.expect("list");
    assert_eq!(
        all.last().map(|recipe| (recipe.recipe_id, recipe.name.as_str())),
        Some((RecipeId(1302), "Tomato soup"))
    );
    assert_eq!(cookbook.search("soup").await.expect("hits").len(), 2);
    let soups = cookbook.in_category("Soups").await.expect("category");
    assert_eq!(soups[0].category.as_deref(), Some("Soups"));
    assert_eq!(cookbook.in_category("").await.expect("none").len(), 3);
    assert_eq!(cookbook.keywords().await.expect("keywords")[0].name, "quick");
    let tagged = cookbook
        .with_keywords(&["sweet".into(), "quick".into()])
        .await
        .expect("tagged");
    assert_eq!(tagged[0].recipe_id, RecipeId(1319));
    cookbook.reindex().await.expect("reindex");
    replay.done();
}

#[tokio::test]
async fn p138_a_recipe_is_read_and_an_unknown_or_foreign_one_is_not_found() {
    let (replay, client) = Replay::start("cookbook", &["recipe-get", "recipe-get-unknown", "recipe-get-foreign"]);
    let recipe = client.cookbook().get(RecipeId(1302)).await.expect("recipe");
    assert_eq!(recipe.id(), Some(RecipeId(1302)));
    assert_eq!(recipe.instructions(), ["Cut.", "Cook."]);
    for id in [99_999_999, 1302] {
        let error = client.cookbook().get(RecipeId(id)).await.expect_err("none");
        assert_eq!(error.to_string(), format!("recipe {id} was not found"));
    }
    replay.done();
}

#[tokio::test]
async fn p140_a_taken_name_is_refused_with_the_id_of_who_has_it() {
    let list = exchange("cookbook", "recipes-list")["response"]["body"].clone();
    let mut search = at("search-by-name", "search/Tomato%20soup");
    search["response"]["body"] = list;
    let (replay, client) = Replay::start_with(vec![
        sending("recipe-create-duplicate-name", &made("Tomato soup")),
        search,
    ]);
    let error = client
        .cookbook()
        .create(&named("Tomato soup"), Hosts::Public)
        .await
        .expect_err("taken");
    assert_eq!(error.code(), "already_exists");
    assert!(error.to_string().contains("recipe_id 1302"), "{error}");
    replay.done();
    // The refused import names nothing; the recipe that came from the page is found by its address.
    let (replay, client) = Replay::start(
        "cookbook",
        &[
            "import-again-conflict",
            "recipes-list-after-delete",
            "imported-recipe-get",
        ],
    );
    let error = client.cookbook().import(PAGE, Hosts::Public).await.expect_err("taken");
    assert!(error.to_string().contains("recipe_id 1319"), "{error}");
    replay.done();
}

#[tokio::test]
async fn p139_creating_gives_the_number_and_nothing_is_written_to_what_is_not_there() {
    let names = ["recipe-create-minimal", "recipe-get-unknown", "recipe-get-unknown"];
    let (replay, client) = Replay::start("cookbook", &names);
    replay.replace(0, sending("recipe-create-minimal", &made("Käse & Brot 🧀")));
    let cookbook = client.cookbook();
    let made = cookbook
        .create(&named("Käse & Brot 🧀"), Hosts::Public)
        .await
        .expect("made");
    assert_eq!(made, RecipeId(1305));
    let unknown = RecipeId(99_999_999);
    let error = cookbook
        .update(unknown, &named("x"), None, Hosts::Public)
        .await
        .expect_err("update");
    assert_eq!(error.code(), "not_found");
    assert_eq!(cookbook.delete(unknown).await.expect_err("delete").code(), "not_found");
    replay.done();
}

#[tokio::test]
async fn p139_p142_a_change_sends_the_whole_recipe_back_with_what_nobody_knows() {
    let stored = json!({"@type": "Recipe", "name": "Tomato soup", "id": "1302", "dateModified": "2026-11-21T01:54:12+00:00",
        "recipeCategory": "Soups", "x-own": {"@type": "Thing", "n": [1, null]}, "printImage": true, "imageUrl": "/a"});
    let mut expected = stored.clone();
    expected["recipeCategory"] = "Starters".into();
    for shown in ["printImage", "imageUrl"] {
        expected.as_object_mut().expect("object").remove(shown);
    }
    let mut put = exchange("cookbook", "recipe-update");
    put["request"]["body"] = expected.to_string().into();
    let get = answering(exchange("cookbook", "recipe-get"), 200, &stored);
    let (replay, client) = Replay::start_with(vec![get.clone(), put, get]);
    let since = Some("2026-11-21T01:54:12+00:00");
    let cookbook = client.cookbook();
    let id = cookbook
        .update(RecipeId(1302), &renamed("Starters"), since, Hosts::Public)
        .await;
    assert_eq!(id.expect("changed"), RecipeId(1302));
    let stale = cookbook
        .update(RecipeId(1302), &renamed("Starters"), Some("2020"), Hosts::Public)
        .await;
    assert_eq!(stale.expect_err("stale").code(), "conflict");
    replay.done();
}

#[tokio::test]
async fn an_import_gives_the_recipe_or_the_words_of_the_server() {
    let names = [
        "import-schema-org-page",
        "import-page-without-recipe",
        "import-page-not-found",
    ];
    let (replay, client) = Replay::start("cookbook", &names);
    let recipe = client.cookbook().import(PAGE, Hosts::Public).await.expect("recipe");
    assert_eq!(
        (recipe.id(), recipe.name().as_str()),
        (Some(RecipeId(1319)), "Pancakes à la carte")
    );
    let plain = client
        .cookbook()
        .import("https://feeds.example.org/plain.html", Hosts::Public)
        .await;
    let plain = plain.expect_err("plain").to_string();
    assert!(plain.contains("No parser found for the given import"), "{plain}");
    let none = client
        .cookbook()
        .import("https://feeds.example.org/none.html", Hosts::Public)
        .await;
    let none = none.expect_err("none").to_string();
    assert!(
        none.contains("status 400") && !none.contains("feeds.example.org"),
        "{none}"
    );
    replay.done();
}

#[tokio::test]
async fn p143_addresses_that_are_not_public_are_never_sent() {
    let image = json!({"name": "Soup", "id": "1302", "image": "http://127.0.0.1/i.png"});
    let get = answering(exchange("cookbook", "recipe-get"), 200, &image);
    let (replay, client) = Replay::start_with(vec![get]);
    let cookbook = client.cookbook();
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://nas/",
        "https://nas.local/",
        "http://a.internal/",
        "http://nas.lan/",
        "https://u:p@example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "example.org",
    ] {
        let error = cookbook.import(url, Hosts::Public).await.expect_err(url);
        assert_eq!(error.code(), "invalid_input", "{url}");
        assert!(error.to_string().starts_with("url: "), "{error}");
        let patch = RecipePatch {
            url: Some(url.to_owned()),
            ..named("Soup")
        };
        let error = cookbook.create(&patch, Hosts::Public).await.expect_err(url);
        assert_eq!(error.code(), "invalid_input", "{url}");
    }
    // The server would fetch the picture again.
    let error = cookbook
        .update(RecipeId(1302), &renamed("x"), None, Hosts::Public)
        .await
        .expect_err("image");
    assert!(error.to_string().starts_with("image: "), "{error}");
    replay.done();
}

#[tokio::test]
async fn p145_a_category_that_is_not_there_is_not_found_rather_than_empty() {
    let (replay, client) = Replay::start("cookbook", &["categories"]);
    let error = client.cookbook().in_category("Nope").await.expect_err("none");
    assert_eq!(error.to_string(), "the category \"Nope\" was not found");
    replay.done();
}

#[tokio::test]
async fn p145_names_that_no_address_can_hold_are_looked_for_in_the_list() {
    let categories = answering(
        exchange("cookbook", "categories"),
        200,
        &json!([{"name": "a/b", "recipe_count": 1}]),
    );
    let list =
        json!([{"recipe_id": 1, "name": "A", "category": "a/b", "keywords": "c/d,e"}, {"recipe_id": 2, "name": "B"}]);
    let list = answering(exchange("cookbook", "recipes-list"), 200, &list);
    let (replay, client) = Replay::start_with(vec![categories, list.clone(), list]);
    assert_eq!(client.cookbook().in_category("a/b").await.expect("list").len(), 1);
    let tagged = client
        .cookbook()
        .with_keywords(&["c/d".into(), "e".into()])
        .await
        .expect("tagged");
    assert_eq!(tagged[0].recipe_id, RecipeId(1));
    replay.done();
}

#[tokio::test]
async fn p141_an_error_page_is_followed_by_a_look_at_the_credential() {
    let mut page = exchange("cookbook", "recipe-update-unknown");
    page["request"] = exchange("cookbook", "recipes-list")["request"].clone();
    let account = |status: u16| {
        json!({
            "name": "account",
            "request": { "method": "GET", "path": "/ocs/v2.php/cloud/user?format=json", "headers": {} },
            "response": { "status": status, "headers": { "Content-Type": "application/json; charset=utf-8" }, "body":
                json!({ "ocs": { "meta": { "status": "failure", "statuscode": status, "message": "Current user is not logged in" }, "data": [] } }).to_string() }
        })
    };
    let (replay, client) = Replay::start_with(vec![page, account(401)]);
    let error = client.cookbook().list().await.expect_err("gone");
    assert_eq!(error.code(), "unauthorized");
    replay.done();
}
