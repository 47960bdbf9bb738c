//! Recipes are folders: what files say is what recipes are, and nobody sees another's.

use http::StatusCode;
use nc_auth::UserId;
use nc_cloud::content::{Home, WriteOptions};
use nc_proto::dav::DavPath;
use serde_json::json;

use crate::wire::{API, Wire};

async fn home(wire: &Wire) -> Home {
    wire.cloud.content().home(&UserId::new("alice")).await.unwrap()
}

fn path(text: &str) -> DavPath {
    DavPath::plain(text).unwrap()
}

async fn write(wire: &Wire, at: &str, bytes: &[u8]) {
    let options = WriteOptions {
        create_parents: true,
        ..WriteOptions::default()
    };
    home(wire).await.write(&path(at), bytes, options).await.unwrap();
}

#[tokio::test]
async fn a_recipe_is_a_folder_of_which_the_name_is_made_storable() {
    let wire = Wire::boot().await;
    let id = wire
        .create(
            &wire.alice,
            json!({"name": "Half/half: soup?", "x-own": {"a": [1, null]}}),
        )
        .await;
    let home = home(&wire).await;
    let folder = home.stat(&path("Recipes/Half_half_ soup_")).await.unwrap();
    assert_eq!(folder.id.0, id);
    let (_, bytes) = home.read(&path("Recipes/Half_half_ soup_/recipe.json")).await.unwrap();
    let stored: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&stored["name"], &stored["x-own"]),
        (&json!("Half/half: soup?"), &json!({"a": [1, null]}))
    );
    assert!(stored.get("id").is_none() && stored.get("imageUrl").is_none());
    // Another name of the same folder gets one of its own.
    let other = wire.create(&wire.alice, json!({"name": "Half:half? soup*"})).await;
    assert_ne!(other, id);
    for name in [
        "../../../bob/files/x",
        "..",
        ".htaccess",
        "a\u{0}b",
        &"long ".repeat(100),
    ] {
        wire.create(&wire.alice, json!({ "name": name })).await;
    }
    let listed = home.list(&path("Recipes")).await.unwrap();
    assert_eq!(listed.len(), 7);
    assert_eq!(home.list(&DavPath::root()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn recipes_that_come_change_and_go_as_files_are_listed_as_they_are() {
    let wire = Wire::boot().await;
    write(
        &wire,
        "Recipes/Cake/recipe.json",
        br#"{"name":"Cake","keywords":"sweet","recipeCategory":"Desserts"}"#,
    )
    .await;
    assert_eq!(wire.names().await, ["Cake"]);
    write(
        &wire,
        "Recipes/Cake/recipe.json",
        br#"{"name":"Tart","keywords":["sweet","small"]}"#,
    )
    .await;
    assert_eq!(wire.names().await, ["Tart"]);
    assert_eq!(
        wire.get(&wire.alice, "tags/small,sweet")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    home(&wire)
        .await
        .delete(&path("Recipes/Cake"), Vec::new())
        .await
        .unwrap();
    assert!(wire.names().await.is_empty());
}

#[tokio::test]
async fn files_that_are_no_recipes_are_none_and_harm_nothing() {
    let wire = Wire::boot().await;
    let deep = "[".repeat(5000);
    for (name, bytes) in [
        ("A", b"" as &[u8]),
        ("B", b"{\"name\":"),
        ("C", b"[1]"),
        ("D", b"{\"name\":\"\"}"),
        ("E", b"\xff\xfe"),
        ("F", deep.as_bytes()),
        ("G", &vec![b' '; 2 << 20]),
    ] {
        write(&wire, &format!("Recipes/{name}/recipe.json"), bytes).await;
    }
    write(&wire, "Recipes/Deep/er/recipe.json", b"{\"name\":\"Deeper\"}").await;
    write(&wire, "Recipes/recipe.json", b"{\"name\":\"Loose\"}").await;
    write(&wire, "Other/recipe.json", b"{\"name\":\"Elsewhere\"}").await;
    wire.create(&wire.alice, json!({"name": "Soup"})).await;
    assert_eq!(wire.names().await, ["Soup"]);
    for place in [
        "Recipes/B",
        "Recipes/Deep",
        "Recipes/Deep/er",
        "Recipes",
        "Other",
        "Recipes/recipe.json",
    ] {
        let id = home(&wire).await.stat(&path(place)).await.unwrap().id;
        let answer = wire.get(&wire.alice, &format!("recipes/{id}")).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::NOT_FOUND, json!(id)),
            "{place}"
        );
        if place != "Recipes/B" {
            // Deleting what is no recipe is fine, and deletes nothing.
            wire.json(&wire.alice, "DELETE", &format!("recipes/{id}"), &json!({}))
                .await
                .ok();
            assert!(home(&wire).await.find(&path(place)).await.unwrap().is_some(), "{place}");
        }
    }
}

#[tokio::test]
async fn nobody_reads_changes_or_deletes_the_recipe_of_another() {
    let wire = Wire::boot().await;
    let id = wire
        .create(
            &wire.alice,
            json!({"name": "Secret sauce", "recipeCategory": "Sauces", "keywords": "hot"}),
        )
        .await;
    wire.get(&wire.alice, "recipes").await.ok();
    for path in [
        "recipes",
        "search/secret",
        "categories",
        "category/Sauces",
        "keywords",
        "tags/hot",
    ] {
        assert_eq!(wire.get(&wire.bob, path).await.ok(), json!([]), "{path}");
    }
    assert_eq!(
        wire.get(&wire.bob, &format!("recipes/{id}")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        wire.get(&wire.bob, &format!("recipes/{id}/image")).await.status,
        StatusCode::NOT_ACCEPTABLE
    );
    let put = wire
        .json(&wire.bob, "PUT", &format!("recipes/{id}"), &json!({"name": "Mine"}))
        .await;
    assert_eq!(put.status, StatusCode::NOT_FOUND);
    wire.json(&wire.bob, "DELETE", &format!("recipes/{id}"), &json!({}))
        .await
        .ok();
    wire.json(&wire.bob, "PUT", "category/Sauces", &json!({"name": "Mine"}))
        .await
        .ok();
    wire.json(
        &wire.bob,
        "POST",
        "config",
        &json!({"folder": "../alice/files/Recipes"}),
    )
    .await
    .refusal(StatusCode::BAD_REQUEST);
    let mine = wire.get(&wire.alice, &format!("recipes/{id}")).await.ok();
    assert_eq!(
        (&mine["name"], &mine["recipeCategory"]),
        (&json!("Secret sauce"), &json!("Sauces"))
    );
}

#[tokio::test]
async fn p145_categories_are_counted_found_and_renamed() {
    let wire = Wire::boot().await;
    for (name, category) in [("A", "Soups & more"), ("B", "Soups & more"), ("C", ""), ("D", "a/b")] {
        wire.create(&wire.alice, json!({"name": name, "recipeCategory": category}))
            .await;
    }
    let counts = wire.get(&wire.alice, "categories").await.ok();
    assert_eq!(
        counts,
        json!([{"name": "Soups & more", "recipe_count": 2}, {"name": "a/b", "recipe_count": 1}, {"name": "*", "recipe_count": 1}])
    );
    let count = async |path: &str| wire.get(&wire.alice, path).await.ok().as_array().unwrap().len();
    assert_eq!(count("category/a%2Fb").await, 1);
    assert_eq!(count("category/_").await, 1);
    assert_eq!(count("category/Nope").await, 0);
    let renamed = wire
        .json(
            &wire.alice,
            "PUT",
            "category/Soups%20%26%20more",
            &json!({"name": "Starters"}),
        )
        .await
        .ok();
    assert_eq!(renamed, json!("Starters"));
    assert_eq!(
        (
            count("category/Starters").await,
            count("category/Soups%20%26%20more").await
        ),
        (2, 0)
    );
    wire.json(&wire.alice, "PUT", "category/Starters", &json!({"name": " "}))
        .await
        .refusal(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn p144_the_folder_is_a_setting_of_each_person_and_nothing_moves_with_it() {
    let wire = Wire::boot().await;
    let id = wire.create(&wire.alice, json!({"name": "Soup"})).await;
    let set = json!({"folder": "/Food/Mine/", "update_interval": "5", "print_image": false,
        "visibleInfoBlocks": {"tools": false, "other": true, "total-time": "x"}});
    assert_eq!(wire.json(&wire.alice, "POST", "config", &set).await.ok(), json!("OK"));
    let config = wire.get(&wire.alice, "config").await.ok();
    assert_eq!(
        config,
        json!({"folder": "/Food/Mine", "update_interval": 5, "print_image": false, "visibleInfoBlocks": {
            "preparation-time": true, "cooking-time": true, "total-time": true, "nutrition-information": true, "tools": false}})
    );
    assert_eq!(wire.get(&wire.bob, "config").await.ok()["folder"], json!("/Recipes"));
    assert!(wire.names().await.is_empty());
    assert_eq!(
        wire.get(&wire.alice, &format!("recipes/{id}")).await.status,
        StatusCode::NOT_FOUND
    );
    wire.create(&wire.alice, json!({"name": "Soup"})).await;
    assert!(
        home(&wire)
            .await
            .find(&path("Food/Mine/Soup/recipe.json"))
            .await
            .unwrap()
            .is_some()
    );
    wire.json(&wire.alice, "POST", "config", &json!({"folder": "/Recipes"}))
        .await
        .ok();
    assert_eq!(
        wire.get(&wire.alice, &format!("recipes/{id}")).await.ok()["printImage"],
        json!(false)
    );
    for bad in [
        json!({"folder": "a/../../b"}),
        json!({"folder": 1}),
        json!({"folder": "a\\b"}),
        json!({"update_interval": -1}),
        json!({"update_interval": "soon"}),
        json!({"print_image": []}),
    ] {
        wire.json(&wire.alice, "POST", "config", &bad)
            .await
            .refusal(StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        wire.json(&wire.alice, "POST", "reindex", &json!({})).await.ok(),
        json!("Search index rebuilt successfully")
    );
    assert_eq!(wire.names().await, ["Soup"]);
}

#[tokio::test]
async fn pictures_are_what_their_bytes_say_and_nothing_else() {
    let wire = Wire::boot().await;
    let id = wire.create(&wire.alice, json!({"name": "Soup"})).await;
    let address = format!("{API}/recipes/{id}/image?size=full");
    let drawing = wire
        .send(
            &wire.alice,
            "GET",
            &address,
            &[("accept", "text/html, image/svg+xml;q=0.5")],
            Vec::new(),
        )
        .await;
    assert_eq!(
        (drawing.status, &drawing.headers["content-type"]),
        (StatusCode::OK, &"image/svg+xml".parse().unwrap())
    );
    write(&wire, "Recipes/Soup/full.jpg", b"<script>alert(1)</script>").await;
    assert_eq!(
        wire.send(&wire.alice, "GET", &address, &[], Vec::new()).await.status,
        StatusCode::NOT_ACCEPTABLE
    );
    write(&wire, "Recipes/Soup/full.jpg", b"\xff\xd8\xff\xe0picture").await;
    for size in ["full", "thumb", "thumb16"] {
        let answer = wire.get(&wire.alice, &format!("recipes/{id}/image?size={size}")).await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (StatusCode::OK, &"image/jpeg".parse().unwrap())
        );
        assert_eq!(answer.body, b"\xff\xd8\xff\xe0picture");
        let etag = answer.headers["etag"].to_str().unwrap();
        let address = format!("/apps/cookbook/webapp/recipes/{id}/image?t=1&size={size}");
        let again = wire
            .send(&wire.alice, "GET", &address, &[("if-none-match", etag)], Vec::new())
            .await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    wire.get(&wire.alice, &format!("recipes/{id}/image?size=../x"))
        .await
        .refusal(StatusCode::BAD_REQUEST);
    assert_eq!(
        wire.get(&wire.bob, &format!("recipes/{id}/image")).await.status,
        StatusCode::NOT_ACCEPTABLE
    );
}
