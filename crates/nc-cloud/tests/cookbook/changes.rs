//! Creating, replacing and deleting.

use http::StatusCode;
use nc_auth::UserId;
use nc_proto::dav::DavPath;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    web::{Reply, Web},
    wire::{API, Wire},
};

#[tokio::test]
async fn p139_p140_a_name_is_had_once_and_unknown_recipes_are_not_made() {
    let wire = Wire::boot().await;
    let soup = wire.create(&wire.alice, json!({"name": "Soup"})).await;
    let cake = wire.create(&wire.alice, json!({"name": "Cake"})).await;
    wire.json(&wire.alice, "POST", "recipes", &json!({"name": " Soup "}))
        .await
        .refusal(StatusCode::CONFLICT);
    wire.json(&wire.alice, "PUT", &format!("recipes/{cake}"), &json!({"name": "Soup"}))
        .await
        .refusal(StatusCode::CONFLICT);
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": " "}),
        json!({"name": []}),
    ] {
        wire.json(&wire.alice, "POST", "recipes", &body)
            .await
            .refusal(StatusCode::UNPROCESSABLE_ENTITY);
        let put = wire.json(&wire.alice, "PUT", &format!("recipes/{soup}"), &body).await;
        put.refusal(StatusCode::UNPROCESSABLE_ENTITY);
    }
    for body in ["[]", "{\"name\":", "1"] {
        let headers = [("content-type", "application/json")];
        let answer = wire
            .send(&wire.alice, "POST", &format!("{API}/recipes"), &headers, body.into())
            .await;
        answer.refusal(StatusCode::BAD_REQUEST);
    }
    for unknown in ["99999999", "abc", "-1", "99999999999999999999"] {
        let put = wire
            .json(
                &wire.alice,
                "PUT",
                &format!("recipes/{unknown}"),
                &json!({"name": "Ghost"}),
            )
            .await;
        assert_eq!(put.status, StatusCode::NOT_FOUND, "{unknown}");
    }
    for _ in 0..2 {
        let deleted = wire
            .json(&wire.alice, "DELETE", &format!("recipes/{cake}"), &json!({}))
            .await
            .ok();
        assert_eq!(deleted, json!(format!("Recipe {cake} deleted successfully")));
    }
    assert_eq!(wire.names().await, ["Soup"]);
    // What is deleted lies in the trash.
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();
    assert_eq!(home.list_trash().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_replaced_recipe_keeps_its_number_and_its_birthday_and_its_folder_follows_the_name() {
    let wire = Wire::boot().await;
    let id = wire
        .create(
            &wire.alice,
            json!({"name": "Soup", "description": "Warm", "prepTime": "PT15M"}),
        )
        .await;
    let before = wire.get(&wire.alice, &format!("recipes/{id}")).await.ok();
    assert_eq!(before["prepTime"], json!("PT0H15M0S"));
    wire.clock.advance(Duration::hours(1));
    let put = json!({"name": "Soup: deluxe", "x": {"@type": "Thing"}, "id": "5", "imageUrl": "/evil", "nutrition": {"@type": "N", "calories": 1}});
    let answer = wire.json(&wire.alice, "PUT", &format!("recipes/{id}"), &put).await.ok();
    assert_eq!(answer, json!(id));
    let after = wire.get(&wire.alice, &format!("recipes/{id}")).await.ok();
    assert_eq!(after["id"], json!(id.to_string()));
    assert_eq!((&after["x"], &after["nutrition"]), (&put["x"], &put["nutrition"]));
    assert_eq!(after["dateCreated"], before["dateCreated"]);
    assert_eq!(after["dateModified"], json!("2027-01-15T09:00:00+00:00"));
    assert_eq!(after["description"], json!(""));
    assert_eq!(
        after["imageUrl"],
        json!(format!("/apps/cookbook/webapp/recipes/{id}/image?size=full"))
    );
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();
    let folder = home
        .stat(&DavPath::plain("Recipes/Soup_ deluxe").unwrap())
        .await
        .unwrap();
    assert_eq!(folder.id.0, id);
    let listed = wire.get(&wire.alice, "recipes").await.ok();
    assert_eq!(listed[0]["dateModified"], json!("2027-01-15T09:00:00+0000"));
}

#[tokio::test]
async fn of_many_who_create_the_same_at_once_one_wins() {
    let wire = Wire::boot().await;
    let tries = (0..8).map(|_| wire.json(&wire.alice, "POST", "recipes", &BODY));
    let answers = futures_util::future::join_all(tries).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!((made, wire.names().await.len()), (1, 1));
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT))
    );
}

static BODY: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!({"name": "Soup"}));

#[tokio::test]
async fn the_picture_of_a_recipe_is_fetched_once_and_goes_when_it_is_no_longer_named() {
    let web = Web::start(|path| match path {
        "/a.png" => Reply::of("image/png", b"\x89PNG\r\n\x1a\nA"),
        "/page" => Reply::html("<html>"),
        "/liar.png" => Reply::of("image/png", b"<html>"),
        _ => Reply::status("404 Not Found"),
    })
    .await;
    let wire = Wire::with_web(&web).await;
    let recipe = |image: &str| json!({"name": "Soup", "image": image});
    let id = wire.create(&wire.alice, recipe("http://pictures.example/a.png")).await;
    let status = async || wire.get(&wire.alice, &format!("recipes/{id}/image")).await.status;
    assert_eq!(status().await, StatusCode::OK);
    let put = async |image: &str| {
        wire.json(&wire.alice, "PUT", &format!("recipes/{id}"), &recipe(image))
            .await
    };
    put("http://pictures.example/a.png").await.ok();
    assert_eq!((status().await, web.requests().len()), (StatusCode::OK, 1));
    for gone in [
        "",
        "http://pictures.example/absent",
        "http://pictures.example/page",
        "http://pictures.example/liar.png",
        "/Photos/a.png",
    ] {
        put("http://pictures.example/a.png").await.ok();
        assert_eq!(status().await, StatusCode::OK);
        put(gone).await.ok();
        assert_eq!(status().await, StatusCode::NOT_ACCEPTABLE, "{gone}");
    }
    let before = web.requests().len();
    for bad in [
        "http://127.0.0.1/a.png",
        "file:///etc/passwd",
        "http://localhost/a.png",
        "//127.0.0.1/a.png",
        "a.png",
    ] {
        put(bad).await.refusal(StatusCode::BAD_REQUEST);
    }
    assert_eq!(web.requests().len(), before);
    assert_eq!(
        wire.get(&wire.alice, &format!("recipes/{id}")).await.ok()["image"],
        json!("/Photos/a.png")
    );
}
