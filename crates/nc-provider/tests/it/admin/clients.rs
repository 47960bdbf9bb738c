use nc_provider::admin::{AdminError, ClientChange, NewAdminClient, NewClientKind, WhichClient};
use nc_store::{ClientKind, Digest};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::Office;

#[tokio::test]
async fn a_client_is_made_shown_once_with_its_secret_and_deleted() {
    let office = Office::open().await;
    let created = office.new_client().await;
    let secret = created["clientSecret"].as_str().expect("a secret");
    assert_eq!(
        (secret.len(), created["clientId"].as_str().map(str::len)),
        (64, Some(64))
    );
    for (name, value) in [
        ("name", json!("Wiki")),
        ("type", json!("confidential")),
        ("signingAlg", json!("ES256")),
        ("tokenType", json!("jwt")),
        ("allowedScopes", json!("openid profile")),
        ("emailRegex", json!(".*@work\\.example")),
        ("resourceUrl", json!("https://wiki.example/api")),
        ("dcr", json!(false)),
    ] {
        assert_eq!(created[name], value, "{name}");
    }
    assert_eq!(created["redirectUris"][0]["redirect_uri"], "https://wiki.example/cb");

    let listed = office.done("GET", "/clients", &Value::Null).await;
    assert!(!listed.to_string().contains(secret), "the secret is shown once");
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let id = created["clientId"].as_str().expect("an id");
    let stored = office.world.find_client(id).await;
    assert_eq!(stored.record.secret, Some(Digest::of(secret)));

    let path = format!("/clients/{}", created["id"]);
    assert_eq!(office.done("GET", &path, &Value::Null).await["name"], "Wiki");
    office.done("DELETE", &path, &Value::Null).await;
    assert_eq!(office.refused("DELETE", &path, &Value::Null).await.0, 404);
    let words: Vec<_> = office.world.store.list_audit(2).await.expect("read");
    let deleted: Value = serde_json::from_str(&words[0].document).expect("JSON");
    assert_eq!(
        (words[0].event.as_str(), &deleted["what"], &deleted["by"]),
        ("client.registration", &json!("deleted"), &json!("root"))
    );
}

#[tokio::test]
async fn bad_clients_are_refused_and_nothing_is_left_of_them() {
    let office = Office::open().await;
    let good = json!({ "name": "Wiki", "redirectUri": "https://wiki.example/cb" });
    for (name, value) in [
        ("name", json!("")),
        ("name", json!("Wi\u{202e}ki")),
        ("name", json!(7)),
        ("redirectUri", json!("javascript:alert(1)")),
        ("redirectUri", json!("https://wiki.example/*")),
        ("redirectUri", json!("http://wiki.example/cb")),
        ("redirectUri", json!("https://wiki.example/cb#x")),
        ("type", json!("half")),
        ("flowType", json!("code token")),
        ("flowType", json!("id_token token")),
        ("signingAlg", json!("none")),
        ("tokenType", json!("paper")),
        ("allowedScopes", json!("a\"b")),
        ("emailRegex", json!("(")),
        ("emailRegex", json!("(?:(?:a{1000}){1000}){1000}")),
        ("resourceUrl", json!("/relative")),
        ("resourceUrl", json!("https://wiki.example/#part")),
    ] {
        let mut bad = good.clone();
        bad[name] = value.clone();
        let (status, text) = office.refused("POST", "/clients", &bad).await;
        assert_eq!(status, 400, "{name} {value}");
        assert!(!text.is_empty(), "it says why");
    }
    assert_eq!(office.done("GET", "/clients", &Value::Null).await, json!([]));
}

#[tokio::test]
async fn redirect_uris_are_added_and_removed_by_number() {
    let office = Office::open().await;
    let created = office.new_client().await;
    let uri = json!({ "id": created["id"], "redirectUri": "https://wiki.example/two" });
    let clients = office.done("POST", "/clients/redirect", &uri).await;
    let uris = clients[0]["redirectUris"].as_array().expect("URIs").clone();
    assert_eq!(uris.len(), 2);
    let clients = office
        .done("DELETE", &format!("/clients/redirect/{}", uris[0]["id"]), &Value::Null)
        .await;
    assert_eq!(clients[0]["redirectUris"], json!([uris[1]]));
    assert_eq!(
        office
            .refused("DELETE", &format!("/clients/redirect/{}", uris[0]["id"]), &Value::Null)
            .await
            .0,
        404
    );
    let bad = json!({ "id": created["id"], "redirectUri": "data:text/html,x" });
    assert_eq!(office.refused("POST", "/clients/redirect", &bad).await.0, 400);
    let unknown = json!({ "id": 999, "redirectUri": "https://wiki.example/two" });
    assert_eq!(office.refused("POST", "/clients/redirect", &unknown).await.0, 404);
}

#[tokio::test]
async fn each_property_of_a_client_is_changed_alone() {
    let office = Office::open().await;
    let created = office.new_client().await;
    let number = &created["id"];
    for (path, body, member, expected) in [
        (
            "groups",
            json!({ "groups": ["staff", "the other group"] }),
            "groups",
            json!(["staff", "the other group"]),
        ),
        (
            "flows",
            json!({ "flowType": "code id_token" }),
            "flowType",
            json!("code id_token"),
        ),
        ("flows", json!({}), "flowType", json!("code id_token")),
        ("flows", json!({ "flowType": "code" }), "flowType", json!("code")),
        (
            "token_type",
            json!({ "tokenType": "opaque" }),
            "tokenType",
            json!("opaque"),
        ),
        (
            "allowed_scopes",
            json!({ "allowedScopes": "notes:read" }),
            "allowedScopes",
            json!("notes:read"),
        ),
        ("email_regex", json!({ "emailRegex": "" }), "emailRegex", json!("")),
        (
            "resource_url",
            json!({ "resourceUrl": "https://other.example/" }),
            "resourceUrl",
            json!("https://other.example/"),
        ),
    ] {
        let changed = office.done("PATCH", &format!("/clients/{path}/{number}"), &body).await;
        assert_eq!(changed[member], expected, "{path}");
    }
    assert_eq!(
        office
            .refused(
                "PATCH",
                &format!("/clients/flows/{number}"),
                &json!({ "flowType": "id_token" })
            )
            .await
            .0,
        400
    );
    let resources = office.world.store.list_resources().await.expect("read");
    let uris: Vec<_> = resources.iter().map(|resource| resource.uri.as_str()).collect();
    assert_eq!(uris, ["https://other.example/"], "the former resource is gone");
}

#[tokio::test]
async fn no_client_takes_the_resource_of_another() {
    let office = Office::open().await;
    office.new_client().await;
    let thief =
        json!({ "name": "Thief", "redirectUri": "https://thief.example/", "resourceUrl": "https://wiki.example/api" });
    let (status, text) = office.refused("POST", "/clients", &thief).await;
    assert_eq!(
        (status, text.as_str()),
        (400, "another client speaks for this resource")
    );
}

#[tokio::test]
async fn a_client_may_speak_for_a_resource_that_has_its_own_id() {
    let office = Office::open().await;
    let admin = office.admin();
    let new = |id: &str| NewAdminClient {
        client_id: Some(id.to_owned()),
        ..NewAdminClient::new(id, vec!["https://wiki.example/cb".to_owned()])
    };
    let with_resource = |uri: &str| vec![ClientChange::ResourceUrl(Some(uri.to_owned()))];
    admin.create_client(new("wiki")).await.expect("created");
    admin.create_client(new("thief")).await.expect("created");
    admin.create_client(new("app")).await.expect("created");
    // Its own and nobody else's, and no other text that is no URI.
    for (id, uri) in [("thief", "wiki"), ("wiki", "wiki2"), ("wiki", "/relative")] {
        let refused = admin.change_client(WhichClient::Id(id), with_resource(uri)).await;
        assert!(matches!(refused, Err(AdminError::Invalid(_))), "{id} {uri}");
    }
    admin
        .change_client(WhichClient::Id("wiki"), with_resource("wiki"))
        .await
        .expect("changed");
    let refused = admin
        .change_client(WhichClient::Id("thief"), with_resource("wiki"))
        .await;
    assert!(matches!(refused, Err(AdminError::Invalid(_))));
    // It is given to another client by name, once it is there.
    let unknown = vec![ClientChange::Resources(vec!["nobody".to_owned()])];
    assert!(admin.change_client(WhichClient::Id("app"), unknown).await.is_err());
    let given = vec![
        ClientChange::Resources(vec!["wiki".to_owned()]),
        ClientChange::DefaultResource(Some("wiki".to_owned())),
        ClientChange::ExchangeTargets(vec!["wiki".to_owned()]),
    ];
    let app = admin
        .change_client(WhichClient::Id("app"), given)
        .await
        .expect("changed");
    assert_eq!(app.document.default_resource.as_deref(), Some("wiki"));
    let created = office.new_client().await;
    let (number, id) = (&created["id"], created["clientId"].as_str().expect("an id"));
    let path = format!("/clients/resource_url/{number}");
    let changed = office.done("PATCH", &path, &json!({ "resourceUrl": id })).await;
    assert_eq!(changed["resourceUrl"], id);
}

#[tokio::test]
async fn what_only_the_command_line_changes_is_checked_too() {
    let office = Office::open().await;
    let admin = office.admin();
    let new = NewAdminClient {
        client_id: Some("wiki".to_owned()),
        ..NewAdminClient::new("Wiki", vec!["https://wiki.example/cb".to_owned()])
    };
    admin.create_client(new.clone()).await.expect("created");
    assert!(matches!(
        admin.create_client(new.clone()).await,
        Err(AdminError::Exists("client"))
    ));
    let which = WhichClient::Id("wiki");
    let auto = vec![ClientChange::AutoGrant(true)];
    assert!(matches!(
        admin.change_client(which, auto.clone()).await,
        Err(AdminError::Invalid(_))
    ));
    let all = vec![
        ClientChange::FirstParty(true),
        ClientChange::AutoGrant(true),
        ClientChange::RequirePar(true),
        ClientChange::AdminScopes(true),
        ClientChange::ExchangeTargets(vec!["https://api.example/".to_owned()]),
        ClientChange::Disabled(true),
    ];
    let client = admin.change_client(which, all).await.expect("changed");
    assert_eq!(client.record.kind, ClientKind::FirstParty);
    assert!(client.document.auto_grant && client.document.require_par && client.document.admin_scopes);
    assert!(client.document.grants.contains(&nc_provider::GrantType::TokenExchange) && client.record.disabled);
    let client = admin
        .change_client(
            which,
            vec![
                ClientChange::FirstParty(false),
                ClientChange::ExchangeTargets(Vec::new()),
            ],
        )
        .await
        .expect("changed");
    assert!(!client.document.auto_grant, "it is asked again");
    assert!(!client.document.grants.contains(&nc_provider::GrantType::TokenExchange));

    // One bad change, and none is made.
    let half = vec![
        ClientChange::Disabled(false),
        ClientChange::AllowedScopes(Some(vec!["a b".to_owned()])),
    ];
    assert!(admin.change_client(which, half).await.is_err());
    assert!(office.world.find_client("wiki").await.record.disabled);

    let service = NewAdminClient {
        kind: NewClientKind::Service,
        redirect_uris: Vec::new(),
        ..new.clone()
    };
    let service = NewAdminClient {
        client_id: None,
        ..service
    };
    let created = admin.create_client(service.clone()).await.expect("created");
    assert_eq!(created.client.record.kind, ClientKind::Service);
    let with_uri = NewAdminClient {
        redirect_uris: new.redirect_uris.clone(),
        ..service
    };
    assert!(admin.create_client(with_uri).await.is_err());
    let weak = NewAdminClient {
        client_id: None,
        secret: Some("short".into()),
        ..new
    };
    assert!(admin.create_client(weak).await.is_err());
}

#[tokio::test]
async fn a_renewed_secret_replaces_the_former_one() {
    let office = Office::open().await;
    let created = office.new_client().await;
    let id = created["clientId"].as_str().expect("an id");
    let renewed = office.admin().renew_secret(WhichClient::Id(id)).await.expect("renewed");
    let secret = renewed.secret.expect("a secret");
    let stored = office.world.find_client(id).await.record.secret.expect("a digest");
    assert!(
        stored.matches(secret.expose_secret()) && !stored.matches(created["clientSecret"].as_str().expect("a secret"))
    );
}
