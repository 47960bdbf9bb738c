//! The usual way of an authorization request.

use std::collections::BTreeMap;

use nc_proto::oauth::{client_auth::AuthMethod, pkce::Challenge, redirect_uri::ApplicationType};
use nc_provider::{ClientDocument, Endpoint, Person};

use super::agent::{Agent, Page};
use crate::machine::world::{REDIRECT, ROLES, VERIFIER, World};

/// A `state` that breaks what is not encoded.
pub(crate) const STATE: &str = "a b+c&d=é%2e/?#\"<";

/// A request that is good; change what is to be tried.
#[derive(Debug, Clone)]
pub(crate) struct Request(Vec<(String, String)>);

impl Request {
    pub(crate) fn new(client: &str) -> Self {
        let fields = [
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "openid notes:read notes:write"),
            ("state", STATE),
            ("nonce", "n-1"),
            ("code_challenge", Challenge::of(VERIFIER).value()),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(fields.to_vec())
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.add(name, value)
    }

    #[must_use]
    pub(crate) fn add(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    pub(crate) fn path(&self, world: &World) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0);
        format!("{}?{}", world.path(Endpoint::Authorize), query.finish())
    }
}

impl Agent<'_> {
    /// Sends a request.
    pub(crate) async fn ask(&mut self, request: &Request) -> Page {
        let path = request.path(self.world);
        self.open(&path).await
    }

    /// Signs in where it is asked to: here or at the Nextcloud.
    pub(crate) async fn sign_in(&mut self, page: &Page, uid: &str) -> Page {
        if self.world.nextcloud.is_some() {
            let waiting = self.submit(&page.form("/signin")).await;
            self.world.nextcloud().grant(&waiting.link(), uid);
            return self.refresh(&waiting).await;
        }
        let form = page.form("/signin").fill("user", uid);
        self.submit(&form.fill("password", &format!("{uid}-password"))).await
    }

    /// Lets the page load what it says after as long as it says.
    pub(crate) async fn refresh(&mut self, page: &Page) -> Page {
        let (seconds, url) = page.refresh();
        self.world.pass(seconds);
        self.open(&url).await
    }

    /// Allows all that is asked for.
    pub(crate) async fn allow(&mut self, page: &Page) -> Page {
        self.submit(&page.form("/consent/grant")).await
    }

    /// The whole way, with all that is asked for.
    pub(crate) async fn connect(&mut self, request: &Request, uid: &str) -> Page {
        let mut page = self.ask(request).await;
        if page.path.contains("/signin") {
            page = self.sign_in(&page, uid).await;
        }
        if page.path.contains("/consent") && page.left_for.is_none() {
            page = self.allow(&page).await;
        }
        page
    }

    /// The name of the session cookie's value, as it is now.
    pub(crate) fn session(&self) -> Option<&String> {
        let session = |name: &&String| name.ends_with("nc_oidc") || name.ends_with("mcp_as");
        let name = self.cookies.keys().find(session)?;
        self.cookies.get(name)
    }
}

/// A world with a public client called `app`, of a person's own device or of a server.
pub(crate) async fn world_with(
    role: nc_provider::Role,
    application_type: ApplicationType,
    change: impl FnOnce(&mut ClientDocument),
) -> World {
    with_app(World::new(role).await, application_type, change).await
}

/// The same in front of another Nextcloud, where people sign in.
pub(crate) async fn world_elsewhere() -> World {
    with_app(World::elsewhere().await, ApplicationType::Web, |_| {}).await
}

/// A world of each role, and of each way to sign in.
pub(crate) async fn every_world() -> Vec<World> {
    let mut worlds = vec![world_elsewhere().await];
    for role in ROLES {
        worlds.push(world_with(role, ApplicationType::Web, |_| {}).await);
    }
    for world in &worlds {
        world.people.put(Person {
            uid: "bob".to_owned(),
            display_name: "Bob Example".to_owned(),
            ..Person::default()
        });
    }
    worlds
}

async fn with_app(world: World, application_type: ApplicationType, change: impl FnOnce(&mut ClientDocument)) -> World {
    let prepare = |document: &mut ClientDocument| {
        document.auth_method = AuthMethod::None;
        document.application_type = application_type;
        change(document);
    };
    world.client("app", prepare).await;
    world
}

/// The claims of the ID token that a code gives.
pub(crate) async fn id_claims(world: &World, code: &str) -> serde_json::Value {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let tokens = redeem(world, code).await;
    let token = tokens["id_token"].as_str().expect("an ID token");
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

/// A browser that waits for the sign-in.
pub(crate) async fn waiting<'a>(world: &'a World, request: &Request) -> (Agent<'a>, Page) {
    let mut agent = Agent::new(world);
    let page = agent.ask(request).await;
    let page = agent.submit(&page.form("/signin")).await;
    (agent, page)
}

/// The refresh token of a connection.
pub(crate) async fn refresh_token(world: &World, page: &Page) -> String {
    let tokens = redeem(world, &page.code()).await;
    tokens["refresh_token"].as_str().expect("text").to_owned()
}

/// Redeems a code as the public client `app`; the answer's members.
pub(crate) async fn redeem(world: &World, code: &str) -> BTreeMap<String, serde_json::Value> {
    let answer = world.redeem(&crate::machine::world::As::Public("app"), code).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_value(answer.json()).expect("an object")
}

/// The scopes of a code's token, in order.
pub(crate) async fn scopes_of(world: &World, code: &str) -> Vec<String> {
    let scope = redeem(world, code).await["scope"].as_str().expect("text").to_owned();
    scope.split(' ').map(str::to_owned).collect()
}
