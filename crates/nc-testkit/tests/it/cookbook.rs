//! Recipes, through every layer.

use nc_testkit::{
    app::{TestApp, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    own_issuer_app::OwnIssuerApp,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const SCOPES: &str = "openid profile cookbook:read cookbook:write";

async fn call(app: &TestApp, tool: &str, arguments: Value) -> Value {
    app.call(tool, &arguments).await.structured()
}

async fn read(app: &TestApp, uri: &str) -> Value {
    let read = send(app.request("resources/read", json!({ "uri": uri })))
        .await
        .result();
    serde_json::from_str(read["contents"][0]["text"].as_str().expect("text")).expect("JSON")
}

#[tokio::test]
async fn a_recipe_lives_from_creation_to_deletion() {
    let app = TestApp::boot().await;
    let soup = json!({
        "name": "Half/half: soup?", "description": "Warm", "ingredients": ["1 kg tomatoes", "salt"],
        "instructions": ["Cut.", "Cook."], "prep_time": "PT15M", "recipe_yield": 4, "category": "Soups", "keywords": "vegan,quick",
    });
    let id = call(&app, "nc_cookbook_create_recipe", soup).await["id"].clone();
    let recipe = call(&app, "nc_cookbook_get_recipe", json!({ "recipe_id": id })).await;
    assert_eq!(recipe["name"], "Half/half: soup?");
    assert_eq!(recipe["prepTime"], "PT0H15M0S");
    assert_eq!(recipe["recipeIngredient"], json!(["1 kg tomatoes", "salt"]));
    let since = recipe["dateModified"].clone();

    let change = json!({ "recipe_id": id, "date_modified": since, "category": "Starters" });
    call(&app, "nc_cookbook_update_recipe", change).await;
    let after = call(&app, "nc_cookbook_get_recipe", json!({ "recipe_id": id })).await;
    let mut expected = recipe.clone();
    expected["recipeCategory"] = "Starters".into();
    expected["dateModified"] = after["dateModified"].clone();
    assert_eq!(after, expected);
    let stale = json!({ "recipe_id": id, "date_modified": "2020-01-01T00:00:00+00:00", "name": "Lost" });
    assert!(
        app.call("nc_cookbook_update_recipe", &stale)
            .await
            .error_text()
            .starts_with("conflict: ")
    );
    let empty = json!({ "recipe_id": id });
    assert!(
        app.call("nc_cookbook_update_recipe", &empty)
            .await
            .error_text()
            .starts_with("invalid_input: ")
    );

    let found = call(&app, "nc_cookbook_search_recipes", json!({ "query": "soup" })).await;
    assert_eq!(
        (&found["total_found"], &found["recipes"][0]["recipe_id"]),
        (&json!(1), &id)
    );
    let categories = call(&app, "nc_cookbook_list_categories", json!({})).await;
    assert_eq!(
        categories["categories"],
        json!([{ "name": "Starters", "recipe_count": 1 }])
    );
    let keywords = call(&app, "nc_cookbook_list_keywords", json!({})).await;
    assert_eq!(keywords["keywords"][0]["name"], "quick");
    let tagged = json!({ "keywords": ["quick", "vegan"] });
    assert_eq!(
        call(&app, "nc_cookbook_get_recipes_with_keywords", tagged).await["total_count"],
        1
    );
    let starters = json!({ "category": "Starters" });
    assert_eq!(
        call(&app, "nc_cookbook_get_recipes_in_category", starters).await["total_count"],
        1
    );

    call(&app, "nc_cookbook_delete_recipe", json!({ "recipe_id": id })).await;
    for tool in ["nc_cookbook_get_recipe", "nc_cookbook_delete_recipe"] {
        let text = app.call(tool, &json!({ "recipe_id": id })).await.error_text();
        assert!(
            text.starts_with("not_found: ") && text.contains(&id.to_string()),
            "{text}"
        );
    }
    assert_eq!(
        call(&app, "nc_cookbook_list_recipes", json!({})).await["total_count"],
        0
    );
}

#[tokio::test]
async fn p139_p140_p145_refusals_say_what_to_do() {
    let app = TestApp::boot().await;
    let id = call(&app, "nc_cookbook_create_recipe", json!({ "name": "Soup" })).await["id"].clone();
    let text = app
        .call("nc_cookbook_create_recipe", &json!({ "name": "Soup" }))
        .await
        .error_text();
    assert!(
        text.starts_with("already_exists: ") && text.contains(&format!("recipe_id {id}")),
        "{text}"
    );
    let cake = call(&app, "nc_cookbook_create_recipe", json!({ "name": "Cake" })).await["id"].clone();
    let rename = json!({ "recipe_id": cake, "name": "Soup" });
    let text = app.call("nc_cookbook_update_recipe", &rename).await.error_text();
    assert!(
        text.starts_with("already_exists: ") && text.contains(&format!("recipe_id {id}")),
        "{text}"
    );
    for (tool, arguments, code) in [
        (
            "nc_cookbook_update_recipe",
            json!({ "recipe_id": 99_999_999, "name": "Ghost" }),
            "not_found",
        ),
        (
            "nc_cookbook_get_recipes_in_category",
            json!({ "category": "Nope" }),
            "not_found",
        ),
        ("nc_cookbook_create_recipe", json!({ "name": " " }), "invalid_input"),
        (
            "nc_cookbook_create_recipe",
            json!({ "name": "x", "cook_time": "15 min" }),
            "invalid_argument",
        ),
        (
            "nc_cookbook_create_recipe",
            json!({ "name": "x", "url": "http://10.0.0.1/" }),
            "invalid_input",
        ),
        (
            "nc_cookbook_get_recipes_with_keywords",
            json!({ "keywords": ["a,b"] }),
            "invalid_input",
        ),
        ("nc_cookbook_search_recipes", json!({ "query": "," }), "invalid_input"),
        ("nc_cookbook_set_config", json!({}), "invalid_input"),
        (
            "nc_cookbook_set_config",
            json!({ "folder": "a/../../b" }),
            "invalid_input",
        ),
    ] {
        let text = app.call(tool, &arguments).await.error_text();
        assert!(text.starts_with(&format!("{code}: ")), "{tool}: {text}");
    }
    assert_eq!(
        call(&app, "nc_cookbook_list_recipes", json!({})).await["total_count"],
        2
    );
}

#[tokio::test]
async fn p143_no_address_of_a_network_is_passed_on() {
    let app = TestApp::boot().await;
    call(&app, "nc_cookbook_list_recipes", json!({})).await;
    app.recorder.take();
    for url in [
        "http://127.0.0.1:1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://nas/",
        "http://nas.local/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://u:p@example.org/",
    ] {
        let text = app
            .call("nc_cookbook_import_recipe", &json!({ "url": url }))
            .await
            .error_text();
        assert!(text.starts_with("invalid_input: url: "), "{url}: {text}");
    }
    assert!(app.recorder.take().is_empty());
}

#[tokio::test]
async fn p144_changing_the_folder_moves_and_reads_nothing_by_itself() {
    let app = TestApp::boot().await;
    call(&app, "nc_cookbook_create_recipe", json!({ "name": "Soup" })).await;
    app.recorder.take();
    let set = json!({ "folder": "/Food", "update_interval": 5, "print_image": false });
    let done = call(&app, "nc_cookbook_set_config", set).await;
    assert!(
        done["message"]
            .as_str()
            .is_some_and(|text| text.contains("nc_cookbook_reindex")),
        "{done}"
    );
    let sent = app.recorder.take();
    assert!(!sent.iter().any(|sent| sent.path.contains("reindex")));
    assert_eq!(
        call(&app, "nc_cookbook_list_recipes", json!({})).await["total_count"],
        0
    );
    assert_eq!(read(&app, "cookbook://config").await["folder"], "/Food");
    call(&app, "nc_cookbook_set_config", json!({ "folder": "/Recipes" })).await;
    call(&app, "nc_cookbook_reindex", json!({})).await;
    assert_eq!(
        call(&app, "nc_cookbook_list_recipes", json!({})).await["total_count"],
        1
    );
}

#[tokio::test]
async fn resources_and_completion_know_the_recipes() {
    let app = TestApp::boot().await;
    let id = call(&app, "nc_cookbook_create_recipe", json!({ "name": "Soup" })).await["id"].to_string();
    assert_eq!(read(&app, &format!("nc://Cookbook/{id}")).await["name"], "Soup");
    assert_eq!(read(&app, "cookbook://version").await["api_version"]["major"], 1);
    assert_eq!(read(&app, "cookbook://config").await["update_interval"], 10);
    for value in [id.as_str(), "sou", ""] {
        let params = json!({ "ref": { "type": "ref/resource", "uri": "nc://Cookbook/{recipe_id}" }, "argument": { "name": "recipe_id", "value": value } });
        let completion = send(app.request("completion/complete", params)).await.result();
        assert_eq!(completion["completion"]["values"], json!([id]), "{value}");
    }
    for uri in ["nc://Cookbook/99999999", "nc://Cookbook/abc"] {
        let reply = send(app.request("resources/read", json!({ "uri": uri }))).await;
        assert_eq!(reply.message()["error"]["code"], -32602, "{uri}");
    }
}

#[tokio::test]
async fn nobody_reaches_the_recipe_of_another_by_any_tool_or_resource() {
    let app = OwnIssuerApp::boot().await;
    let alice = app.token(&app.alice, SCOPES).await;
    let bob = app.token(&app.bob, SCOPES).await;
    let secret = json!({ "name": "Secret sauce", "category": "Sauces", "keywords": "hidden" });
    let id = app.call(&alice, "nc_cookbook_create_recipe", secret).await.structured()["id"].clone();
    for (tool, arguments) in [
        ("nc_cookbook_get_recipe", json!({ "recipe_id": id })),
        ("nc_cookbook_update_recipe", json!({ "recipe_id": id, "name": "Mine" })),
        ("nc_cookbook_delete_recipe", json!({ "recipe_id": id })),
        ("nc_cookbook_get_recipes_in_category", json!({ "category": "Sauces" })),
    ] {
        let reply = app.call(&bob, tool, arguments).await;
        assert!(reply.error_text().starts_with("not_found: "), "{tool}: {reply:?}");
    }
    for (tool, arguments) in [
        ("nc_cookbook_list_recipes", json!({})),
        ("nc_cookbook_search_recipes", json!({ "query": "a,e,s" })),
        ("nc_cookbook_list_categories", json!({})),
        ("nc_cookbook_list_keywords", json!({})),
        (
            "nc_cookbook_get_recipes_with_keywords",
            json!({ "keywords": ["hidden"] }),
        ),
        ("nc_cookbook_get_recipes_in_category", json!({ "category": "_" })),
        ("nc_cookbook_reindex", json!({})),
    ] {
        let reply = app.call(&bob, tool, arguments).await;
        assert!(
            !reply.text.contains("Secret") && !reply.text.contains("Sauces"),
            "{tool}: {reply:?}"
        );
    }
    let uri = json!({ "uri": format!("nc://Cookbook/{}", id) });
    let reply = send(app.message(&bob, "resources/read", uri)).await;
    assert!(
        !reply.text.contains("Secret") && reply.message()["error"]["code"] == -32602,
        "{reply:?}"
    );
    // Both may have one of that name, and each has the own.
    let mine = app
        .call(&bob, "nc_cookbook_create_recipe", json!({ "name": "Secret sauce" }))
        .await
        .structured();
    assert_ne!(mine["id"], id);
    let still = app
        .call(&alice, "nc_cookbook_get_recipe", json!({ "recipe_id": id }))
        .await
        .structured();
    assert_eq!(still["recipeCategory"], "Sauces");
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let app = OwnIssuerApp::boot().await;
    let reader = app.token(&app.alice, "openid cookbook:read").await;
    for (tool, arguments) in [
        ("nc_cookbook_create_recipe", json!({ "name": "Soup" })),
        (
            "nc_cookbook_import_recipe",
            json!({ "url": "https://recipes.example/" }),
        ),
        ("nc_cookbook_set_config", json!({ "folder": "/Food" })),
        ("nc_cookbook_reindex", json!({})),
    ] {
        assert_eq!(app.call(&reader, tool, arguments).await.status, 403, "{tool}");
    }
}

/// A page with a recipe, on this machine.
async fn page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let page = r#"<script type="application/ld+json">{"@type":"Recipe","name":"Pancakes","recipeIngredient":["2 eggs"]}</script>"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/pancakes")
}

#[tokio::test]
async fn where_the_operator_allows_private_addresses_a_page_of_the_own_network_is_imported() {
    let allowed = ("COOKBOOK_ALLOW_PRIVATE_URLS", "true");
    let cloud = CloudApp::boot_with(&[("EMBEDDED_CLOUD_REGISTRATION", "open"), allowed]).await;
    let data = tempfile::tempdir().expect("a folder");
    let door = Door::new();
    let (id, secret) = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
    let settings = [
        ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
        ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
        allowed,
    ];
    let mcp = ExternalApp::open(door, &cloud, data.path(), &settings)
        .await
        .expect("a server");
    let client = cloud.client(Format::Jwt).await;
    let asked = [("scope", SCOPES), ("resource", mcp.mcp_url.as_str())];
    let token = cloud
        .authorize(&cloud.alice, &client, &asked)
        .await
        .access_token()
        .to_owned();
    let url = json!({ "url": page().await });
    let made = mcp
        .call(&token, "nc_cookbook_import_recipe", url.clone())
        .await
        .structured();
    assert_eq!(made["recipe"]["recipeIngredient"], json!(["2 eggs"]));
    let again = mcp.call(&token, "nc_cookbook_import_recipe", url).await.error_text();
    let id = made["recipe_id"].as_str().expect("an id");
    assert!(
        again.starts_with("already_exists: ") && again.contains(&format!("recipe_id {id}")),
        "{again}"
    );
}
