use std::{collections::HashMap, sync::Mutex};

use nc_proto::oauth::{bearer::Presented, jose::Algorithm};
use serde_json::json;
use url::Url;

use super::*;
use crate::{
    fetch::{FetchError, Fetched},
    signer::Signer,
    testing::{Memory, NOW, clock, set},
};

const RESOURCE: &str = "https://cloud.example/ocs";
const ISSUER: &str = "https://id.example";
const OTHER: &str = "https://other.example/realms/x";

/// Documents by address, and who asked with which token.
#[derive(Default)]
struct Web {
    pages: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<(String, Option<String>)>>,
}

#[async_trait]
impl Fetch for Web {
    async fn get(&self, url: &Url, bearer: Option<&str>, _: usize) -> Result<Fetched, FetchError> {
        let asked = (url.to_string(), bearer.map(str::to_owned));
        self.asked.lock().expect("not poisoned").push(asked);
        let pages = self.pages.lock().expect("not poisoned");
        if pages.is_empty() {
            return Err(FetchError::Unreachable);
        }
        let body = pages
            .get(url.as_str())
            .ok_or(FetchError::Status(401))?
            .clone()
            .into_bytes();
        Ok(Fetched { body, max_age_s: None })
    }
}

#[derive(Default)]
struct People {
    known: Mutex<HashMap<String, Standing>>,
    made: Mutex<Vec<NewAccount>>,
}

#[async_trait]
impl Accounts for People {
    async fn find(&self, user: &UserId, _: &ExternalProvider) -> Result<Standing, AccountsFailed> {
        let known = self.known.lock().expect("not poisoned");
        if user.as_str() == "broken" {
            return Err(AccountsFailed);
        }
        Ok(known.get(user.as_str()).copied().unwrap_or(Standing::Absent))
    }

    async fn provision(&self, account: &NewAccount, _: &ExternalProvider) -> Result<bool, AccountsFailed> {
        self.made.lock().expect("not poisoned").push(account.clone());
        let mut known = self.known.lock().expect("not poisoned");
        known.insert(account.user.as_str().to_owned(), Standing::OfProvider);
        Ok(true)
    }
}

struct World {
    signer: Signer,
    other: Signer,
    web: Arc<Web>,
    people: Arc<People>,
    settings: ExternalSettings,
    providers: Vec<ExternalProvider>,
}

impl World {
    fn new() -> Self {
        let (signer, other) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::EdDsa));
        let web = Arc::new(Web::default());
        for (issuer, signer) in [(ISSUER, &signer), (OTHER, &other)] {
            let mut pages = web.pages.lock().expect("not poisoned");
            let discovery = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys"),
                "userinfo_endpoint": format!("{issuer}/me")});
            pages.insert(
                format!("{issuer}/.well-known/openid-configuration"),
                discovery.to_string(),
            );
            pages.insert(format!("{issuer}/keys"), set(&[signer]).to_value().to_string());
        }
        let providers = [(1, ISSUER), (2, OTHER)].map(|(number, issuer)| ExternalProvider {
            check_bearer: true,
            unique_uid: false,
            ..ExternalProvider::new(number, issuer, issuer)
        });
        let people = Arc::new(People::default());
        people
            .known
            .lock()
            .expect("not poisoned")
            .insert("ann".to_owned(), Standing::OfProvider);
        Self {
            signer,
            other,
            web,
            people,
            settings: ExternalSettings::default(),
            providers: providers.to_vec(),
        }
    }

    fn issuers(&self) -> ExternalIssuers {
        let fetch = Arc::clone(&self.web) as Arc<dyn Fetch>;
        ExternalIssuers::new(
            self.settings,
            self.providers.clone(),
            Arc::clone(&self.people) as Arc<dyn Accounts>,
            Arc::new(Memory::default()),
            &fetch,
            clock(),
        )
    }

    fn token(&self, claims: &Value) -> String {
        self.signer.sign(&json!({"typ": "at+jwt"}), claims)
    }

    async fn check(&self, token: &str) -> Result<AuthContext, TokenRefusal> {
        present(&self.issuers(), Scheme::Bearer, token, &[]).await
    }

    fn stands(&self, user: &str, standing: Standing) {
        self.people
            .known
            .lock()
            .expect("not poisoned")
            .insert(user.to_owned(), standing);
    }

    fn made(&self) -> Vec<NewAccount> {
        self.people.made.lock().expect("not poisoned").clone()
    }
}

async fn present(
    issuers: &ExternalIssuers,
    scheme: Scheme,
    token: &str,
    proofs: &[&str],
) -> Result<AuthContext, TokenRefusal> {
    let presented = Presented {
        scheme,
        token: token.into(),
    };
    let url = Url::parse("https://cloud.example/ocs/v2.php/cloud/user").expect("a URL");
    let token = TokenUse {
        presented: &presented,
        audience: RESOURCE,
        method: "GET",
        url: &url,
        proofs,
    };
    issuers.verify(&token).await
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "ann", "aud": RESOURCE, "exp": NOW + 300, "iat": NOW, "jti": "j", "client_id": "c",
        "scope": "notes.read files:read", "groups": ["staff"], "name": "Ann", "email": "ann@x.example"})
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

fn refused(outcome: &Result<AuthContext, TokenRefusal>) -> bool {
    matches!(outcome, Err(TokenRefusal::Refused(BearerError::InvalidToken)))
}

#[tokio::test]
async fn a_token_is_believed_by_the_keys_of_the_issuer_that_it_names() {
    let world = World::new();
    let context = world.check(&world.token(&claims())).await.expect("good");
    assert_eq!(
        (&*context.issuer, context.user.as_str(), &*context.client),
        (ISSUER, "ann", "c")
    );
    assert!(context.scopes.contains("notes:read") && context.resources == [RESOURCE]);
    let asked = world.web.asked.lock().expect("not poisoned").clone();
    assert!(
        asked
            .iter()
            .all(|(url, bearer)| url.starts_with(ISSUER) && bearer.is_none()),
        "{asked:?}"
    );
    let theirs = with(claims(), "iss", json!(OTHER));
    let token = world.other.sign(&json!({"typ": "at+jwt"}), &theirs);
    assert_eq!(&*world.check(&token).await.expect("good").issuer, OTHER);
}

#[tokio::test]
async fn j07_j10_one_issuers_key_signs_nothing_for_another() {
    let world = World::new();
    let crossed = world.token(&with(claims(), "iss", json!(OTHER)));
    assert!(refused(&world.check(&crossed).await));
    let unknown = world.token(&with(claims(), "iss", json!("https://evil.example")));
    assert!(refused(&world.check(&unknown).await));
    assert!(!world.issuers().knows(&unknown) && world.issuers().knows(&crossed));
    assert!(
        world
            .web
            .asked
            .lock()
            .expect("not poisoned")
            .iter()
            .all(|(url, _)| !url.contains("evil"))
    );
}

#[tokio::test]
async fn j10_the_same_subject_of_two_issuers_is_two_people() {
    let mut world = World::new();
    for provider in &mut world.providers {
        provider.unique_uid = true;
        provider.bearer_provisioning = true;
    }
    let one = world.check(&world.token(&claims())).await.expect("good");
    let token = world
        .other
        .sign(&json!({"typ": "at+jwt"}), &with(claims(), "iss", json!(OTHER)));
    let other = world.check(&token).await.expect("good");
    assert_ne!(one.user, other.user);
}

#[tokio::test]
async fn j08_the_audience_is_always_checked() {
    let mut world = World::new();
    let for_client = world.token(&with(claims(), "aud", json!("our-client")));
    assert!(refused(&world.check(&for_client).await));
    world.providers[0].audiences = vec!["our-client".to_owned()];
    assert!(
        world.check(&for_client).await.is_ok(),
        "the administrator says that this name is ours"
    );
    assert!(refused(
        &world.check(&world.token(&with(claims(), "aud", json!("other")))).await
    ));
}

#[tokio::test]
async fn a_provider_that_is_switched_off_is_not_believed() {
    let mut world = World::new();
    world.providers[0].check_bearer = false;
    assert!(refused(&world.check(&world.token(&claims())).await));
    world.providers[0].check_bearer = true;
    world.settings.selfencoded_bearer_validation = false;
    assert!(refused(&world.check(&world.token(&claims())).await));
}

#[tokio::test]
async fn j06_id_tokens_are_refused_also_where_the_type_jwt_is_taken() {
    let mut world = World::new();
    let old = world.signer.sign(&json!({"typ": "JWT"}), &claims());
    assert!(refused(&world.check(&old).await));
    world.providers[0].accept_typ_jwt = true;
    assert!(world.check(&old).await.is_ok());
    let id_token = world
        .signer
        .sign(&json!({"typ": "JWT"}), &with(claims(), "nonce", json!("n")));
    assert!(refused(&world.check(&id_token).await));
}

#[tokio::test]
async fn c11_disabled_and_deleted_people_are_refused_at_once() {
    let world = World::new();
    let token = world.token(&claims());
    let issuers = world.issuers();
    assert!(present(&issuers, Scheme::Bearer, &token, &[]).await.is_ok());
    world.stands("ann", Standing::Refused);
    assert!(refused(&present(&issuers, Scheme::Bearer, &token, &[]).await));
    let broken = world.token(&with(claims(), "sub", json!("broken")));
    let outcome = world.check(&broken).await;
    assert_eq!(outcome.unwrap_err(), TokenRefusal::Unavailable { retry_after_s: 1 });
}

#[tokio::test]
async fn accounts_are_made_only_where_every_switch_allows_it() {
    for (auto, bearer, made) in [(true, true, true), (true, false, false), (false, true, false)] {
        let mut world = World::new();
        world.settings.auto_provision = auto;
        world.providers[0].bearer_provisioning = bearer;
        world.providers[0].group_provisioning = true;
        let outcome = world.check(&world.token(&with(claims(), "sub", json!("new")))).await;
        assert_eq!((outcome.is_ok(), world.made().len()), (made, usize::from(made)));
        if made {
            let account = &world.made()[0];
            assert_eq!(account.display_name.as_deref(), Some("Ann"));
            assert_eq!(
                (account.email.as_deref(), account.groups.as_slice()),
                (Some("ann@x.example"), &["staff".to_owned()][..])
            );
        }
    }
}

#[tokio::test]
async fn accounts_from_elsewhere_are_used_as_the_settings_say() {
    for (auto, soft, used) in [
        (true, true, true),
        (true, false, false),
        (false, false, true),
        (false, true, true),
    ] {
        let mut world = World::new();
        world.settings.auto_provision = auto;
        world.settings.soft_auto_provision = soft;
        world.stands("ann", Standing::Elsewhere);
        assert_eq!(
            world.check(&world.token(&claims())).await.is_ok(),
            used,
            "{auto} {soft}"
        );
        assert!(world.made().is_empty());
    }
}

#[tokio::test]
async fn people_outside_of_the_allowed_groups_stay_out() {
    let mut world = World::new();
    world.providers[0].group_whitelist = Some(GroupPattern::parse("^cloud-").expect("a pattern"));
    assert!(world.check(&world.token(&claims())).await.is_ok());
    world.providers[0].restrict_login_to_groups = true;
    assert!(refused(&world.check(&world.token(&claims())).await));
    let member = with(claims(), "groups", json!(["cloud-users", "staff"]));
    assert!(world.check(&world.token(&member)).await.is_ok());
}

#[tokio::test]
async fn another_claim_may_name_the_account() {
    let mut world = World::new();
    world.providers[0].mapping_uid = "preferred_username".to_owned();
    assert!(
        refused(&world.check(&world.token(&claims())).await),
        "the claim is not there"
    );
    let named = with(with(claims(), "sub", json!("x")), "preferred_username", json!("ann"));
    assert_eq!(
        world.check(&world.token(&named)).await.expect("good").user.as_str(),
        "ann"
    );
    let evil = with(claims(), "preferred_username", json!("../ann"));
    assert!(refused(&world.check(&world.token(&evil)).await));
}

#[tokio::test]
async fn j16_an_issuer_that_is_away_is_neither_yes_nor_no() {
    let world = World::new();
    world.web.pages.lock().expect("not poisoned").clear();
    let outcome = world.check(&world.token(&claims())).await;
    assert_eq!(outcome.unwrap_err(), TokenRefusal::Unavailable { retry_after_s: 30 });
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_not_believed() {
    let world = World::new();
    let forged = json!({"issuer": "https://id.example/", "jwks_uri": format!("{ISSUER}/keys")});
    let address = format!("{ISSUER}/.well-known/openid-configuration");
    world
        .web
        .pages
        .lock()
        .expect("not poisoned")
        .insert(address, forged.to_string());
    let outcome = world.check(&world.token(&claims())).await;
    assert!(matches!(outcome, Err(TokenRefusal::Unavailable { .. })));
}

#[tokio::test]
async fn opaque_tokens_are_sent_to_one_issuer_only_and_carry_no_scope() {
    let mut world = World::new();
    let answer = json!({"sub": "ann", "scope": "notes:read"}).to_string();
    world
        .web
        .pages
        .lock()
        .expect("not poisoned")
        .insert(format!("{ISSUER}/me"), answer);
    let sent = |world: &World| {
        let asked = world.web.asked.lock().expect("not poisoned");
        asked.iter().filter(|(_, bearer)| bearer.is_some()).count()
    };
    assert!(refused(&world.check("opaque").await), "it is off");
    world.settings.userinfo_bearer_validation = true;
    assert!(refused(&world.check("opaque").await), "two could be asked");
    assert_eq!(sent(&world), 0);
    world.providers.truncate(1);
    let issuers = world.issuers();
    for _ in 0..2 {
        let context = present(&issuers, Scheme::Bearer, "opaque", &[]).await.expect("good");
        assert!(context.scopes.is_empty() && context.resources.is_empty());
    }
    assert_eq!(sent(&world), 1, "the answer is remembered");
    world
        .web
        .pages
        .lock()
        .expect("not poisoned")
        .remove(&format!("{ISSUER}/me"));
    assert!(refused(&present(&issuers, Scheme::Bearer, "another", &[]).await));
    for ours in ["nca_x", "ncr_x", "ncc_x"] {
        let before = sent(&world);
        assert!(refused(&present(&issuers, Scheme::Bearer, ours, &[]).await), "{ours}");
        assert_eq!(sent(&world), before, "our own secrets are not given away");
    }
}

#[tokio::test]
async fn t27_a_bound_token_is_good_with_its_proof_only() {
    let world = World::new();
    let issuers = world.issuers();
    let key = Signer::new(Algorithm::Es256);
    let token = world.token(&with(claims(), "cnf", json!({"jkt": key.jwk().thumbprint()})));
    let proof = |signer: &Signer, jti: &str| {
        let jwk = with(signer.jwk().to_value(), "kid", json!("k"));
        let claims = json!({"jti": jti, "htm": "GET", "htu": "https://cloud.example/ocs/v2.php/cloud/user", "iat": NOW,
            "ath": nc_proto::oauth::dpop::access_token_hash(&token)});
        signer.sign(&json!({"typ": "dpop+jwt", "jwk": jwk}), &claims)
    };
    let good = proof(&key, "a");
    assert!(present(&issuers, Scheme::Dpop, &token, &[&good]).await.is_ok());
    let invalid = TokenRefusal::Refused(BearerError::InvalidDpopProof);
    for proofs in [
        &[good.as_str()][..],
        &[],
        &[&proof(&Signer::new(Algorithm::Es256), "b")],
    ] {
        assert_eq!(
            present(&issuers, Scheme::Dpop, &token, proofs).await.unwrap_err(),
            invalid
        );
    }
    assert!(refused(
        &present(&issuers, Scheme::Bearer, &token, &[&proof(&key, "c")]).await
    ));
    let free = world.token(&claims());
    assert!(refused(
        &present(&issuers, Scheme::Dpop, &free, &[&proof(&key, "d")]).await
    ));
}
