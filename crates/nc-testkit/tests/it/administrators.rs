//! What it takes for a token to administer: the scope, an administrator, and a strong sign-in.

use nc_auth::UserId;
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::admin::{Admin, AdminError, ClientChange, NewAdminClient, NewClientKind, WhichClient};
use nc_testkit::{
    app::TestUser,
    browser::Browser,
    cloud_app::{CloudApp, Format, REDIRECT, Tokens},
    totp,
};

const USERS: &str = "/ocs/v2.php/cloud/users?format=json";
const CLIENTS: &str = "/apps/oidc/clients";
const SCOPES: &str = "openid admin:read admin:write";

/// A client that may ask for everything. One that registered itself never may.
async fn console(app: &CloudApp) -> String {
    let admin = Admin::new(app.provider.store(), app.provider.now(), "test");
    let of_itself = app.client(Format::Opaque).await;
    let change = vec![ClientChange::AdminScopes(true)];
    let refused = admin.change_client(WhichClient::Id(&of_itself), change).await;
    assert!(matches!(refused, Err(AdminError::Invalid(_))), "{refused:?}");
    let scopes = SCOPES.split(' ').map(str::to_owned);
    let console = NewAdminClient {
        name: "Console".to_owned(),
        kind: NewClientKind::Ordinary,
        redirect_uris: vec![REDIRECT.to_owned()],
        auth_method: AuthMethod::None,
        jwks: None,
        client_id: None,
        secret: None,
        id_token_algorithm: None,
        changes: vec![
            ClientChange::AllowedScopes(Some(scopes.collect())),
            ClientChange::AdminScopes(true),
        ],
    };
    let made = admin.create_client(console).await.expect("a client");
    made.client.id().to_owned()
}

async fn token(app: &CloudApp, client: &str, user: &TestUser, factor: Option<&str>) -> Tokens {
    let mut browser = Browser::new(app);
    browser.second_factor = factor.map(str::to_owned);
    let asked = [("scope", SCOPES), ("resource", app.url.as_str())];
    app.authorize_in(&mut browser, user, client, None, &asked).await
}

async fn statuses(app: &CloudApp, tokens: &Tokens) -> [u16; 2] {
    [
        app.status("GET", USERS, &tokens.bearer()).await,
        app.status("GET", CLIENTS, &tokens.bearer()).await,
    ]
}

#[tokio::test]
async fn r_f26_a_token_administers_with_the_scope_the_group_and_a_second_factor() {
    let app = CloudApp::boot().await;
    let client = console(&app).await;
    assert_eq!(
        statuses(&app, &token(&app, &client, &app.root, None).await).await,
        [403, 403]
    );
    let mut factors = Vec::new();
    for user in [&app.root, &app.alice] {
        let uri = app
            .cloud
            .set_up_second_factor(&UserId::new(user.name))
            .await
            .expect("a second factor");
        factors.push(totp::secret_of(&uri).to_owned());
    }
    let of_root = token(&app, &client, &app.root, Some(&factors[0])).await;
    assert_eq!(statuses(&app, &of_root).await, [200, 200]);
    // Nobody becomes an administrator by scopes.
    let of_alice = token(&app, &client, &app.alice, Some(&factors[1])).await;
    assert_eq!(statuses(&app, &of_alice).await, [403, 403]);
    // What was given for something else is worth nothing here.
    // A code of the second factor is good once.
    app.clock.advance(time::Duration::minutes(1));
    let mut browser = Browser::new(&app);
    browser.second_factor = Some(factors[0].clone());
    let asked = [("scope", "openid"), ("resource", app.url.as_str())];
    let signed_in = app.authorize_in(&mut browser, &app.root, &client, None, &asked).await;
    assert_eq!(statuses(&app, &signed_in).await, [403, 403]);
    // Neither does it confirm a password.
    let path = "/ocs/v2.php/core/getapppassword";
    assert_eq!(app.status("GET", path, &of_root.bearer()).await, 403);
}

#[tokio::test]
async fn an_operator_decides_how_strong_a_sign_in_must_be() {
    for (acr, good) in [("1,2", 200), ("gold", 403)] {
        let settings = [
            ("EMBEDDED_CLOUD_REGISTRATION", "open"),
            ("EMBEDDED_CLOUD_ADMIN_ACR", acr),
        ];
        let app = CloudApp::boot_with(&settings).await;
        let client = console(&app).await;
        assert_eq!(
            statuses(&app, &token(&app, &client, &app.root, None).await).await,
            [good, good]
        );
    }
}
