//! Recipes of web pages.

use http::StatusCode;
use nc_proto::public_url::Hosts;
use serde_json::json;

use crate::{
    web::{Reply, Web},
    wire::Wire,
};

const RECIPE: &str = r#"<script type="application/ld+json">{"@graph":[{"@type":["Recipe"],"name":"Pancakes","image":"img.png",
    "recipeInstructions":[{"@type":"HowToStep","text":"Mix."}],"keywords":["sweet"]}]}</script>"#;

async fn web() -> Web {
    Web::start(|path| match path {
        "/a/pancakes" => Reply::html(RECIPE),
        "/moved" => Reply::redirect("http://other.example/a/pancakes"),
        "/a/img.png" => Reply::of("image/png", b"\x89PNG\r\n\x1a\n"),
        "/micro" => Reply::html(
            "<div itemscope itemtype='https://schema.org/Recipe'><b itemprop=name>Waffles</b><img itemprop=image src='http://127.0.0.1/x.png'>",
        ),
        "/latin" => Reply::of(
            "text/html; charset=ISO-8859-1",
            b"<script type='application/ld+json'>{\"@type\":\"Recipe\",\"name\":\"K\xe4se\"}</script>",
        ),
        _ => Reply::status("410 Gone"),
    })
    .await
}

#[tokio::test]
async fn a_page_and_its_picture_become_a_recipe_also_behind_a_redirect() {
    let web = web().await;
    let wire = Wire::with_web(&web).await;
    let recipe = wire.import("http://recipes.example/moved").await.ok();
    assert_eq!(recipe["recipeInstructions"], json!(["Mix."]));
    assert_eq!(recipe["url"], json!("http://recipes.example/moved"));
    assert_eq!(recipe["image"], json!("http://other.example/a/img.png"));
    assert_eq!(web.requests(), ["/moved", "/a/pancakes", "/a/img.png"]);
    let id = recipe["id"].as_str().unwrap();
    assert_eq!(
        wire.get(&wire.alice, &format!("recipes/{id}/image")).await.status,
        StatusCode::OK
    );
    // Again: the name is taken, and nothing is changed.
    wire.import("http://recipes.example/a/pancakes")
        .await
        .refusal(StatusCode::CONFLICT);
    assert_eq!(wire.names().await, ["Pancakes"]);
}

#[tokio::test]
async fn a_picture_that_may_not_be_fetched_is_left_out() {
    let web = web().await;
    let wire = Wire::with_web(&web).await;
    let recipe = wire.import("http://recipes.example/micro").await.ok();
    let id = recipe["id"].as_str().unwrap();
    assert_eq!(
        wire.get(&wire.alice, &format!("recipes/{id}/image")).await.status,
        StatusCode::NOT_ACCEPTABLE
    );
    assert_eq!(web.requests(), ["/micro"]);
}

#[tokio::test]
async fn a_page_in_another_character_set_is_read_by_it() {
    let wire = Wire::with_web(&web().await).await;
    wire.import("http://recipes.example/latin").await.ok();
    assert_eq!(wire.names().await, ["Käse"]);
}

#[tokio::test]
async fn where_the_operator_allows_it_private_hosts_are_imported_from() {
    let web = web().await;
    let wire = Wire::configured(|config| config.pages = Some(web.fetch(Hosts::Any))).await;
    wire.import(&format!("http://{}/a/pancakes", web.address())).await.ok();
    assert_eq!(wire.names().await, ["Pancakes"]);
    let text = wire.import("file:///etc/passwd").await.refusal(StatusCode::BAD_REQUEST);
    assert!(text.contains("http"), "{text}");
}

#[tokio::test]
async fn an_import_without_address_is_refused_as_recorded() {
    let wire = Wire::boot().await;
    for body in [
        json!({}),
        json!({"url": ""}),
        json!({"url": 5}),
        json!({"url": ["http://a.example"]}),
    ] {
        let text = wire
            .json(&wire.alice, "POST", "import", &body)
            .await
            .refusal(StatusCode::BAD_REQUEST);
        assert_eq!(text, "Field \"url\" is required");
    }
}
