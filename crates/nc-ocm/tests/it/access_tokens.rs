//! What opens the mounts of shares, and what does not.

use nc_auth::federation::{Federation as _, OutShareChange, ShareAuth as _, ShareCredential, ShareRefusal};
use nc_ocm::{
    Offer,
    signature::{SigningAlgorithm, SigningKey},
};
use nc_proto::apps::sharing::SharePermissions;
use nc_store::KeyState;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    recipient::{Given, Recipient, basic, bearer, is_unauthorized, new_share, open, scene_with},
    support::{Options, Server, clock},
};

struct Scene {
    server: Server,
    recipient: Recipient,
    given: Given,
    token: String,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Options::new(&clock())).await
    }

    async fn with(options: Options) -> Self {
        let (server, recipient, given) = scene_with(options).await;
        let token = recipient.token(&server, &given.secret).await;
        Self {
            server,
            recipient,
            given,
            token,
        }
    }

    /// A token like the good one, with other members of header and payload, signed with the server's own key.
    async fn forged(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = self.parts();
        change(&mut header, &mut claims);
        own_key(&self.server).await.sign_jws(&header, &claims).expect("a token")
    }

    /// Header and payload of the good token.
    fn parts(&self) -> (Value, Value) {
        let mut parts = self.token.split('.').map(decode);
        (parts.next().expect("a header"), parts.next().expect("a payload"))
    }

    async fn is_refused(&self, what: &str, token: &str) {
        let requests = self.recipient.peer.requests();
        let outcome = bearer(&self.server, token).await;
        assert!(is_unauthorized(&outcome), "{what}: {outcome:?}");
        assert_eq!(self.recipient.peer.requests(), requests, "{what}: nobody is asked");
        assert!(
            bearer(&self.server, &self.token).await.is_ok(),
            "the good one stays good"
        );
    }
}

fn decode(part: &str) -> Value {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn encode(value: &Value) -> String {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The private key that signs tokens, taken out of the server's database.
async fn own_key(server: &Server) -> SigningKey {
    let keys = server.store.list_federation_keys().await.expect("keys");
    let is_active = |key: &&nc_store::KeyRecord| key.algorithm == "ES256" && key.state == KeyState::Active;
    let record = keys.iter().find(is_active).expect("a key");
    let place = format!("ocm_key/{}", record.kid);
    let pkcs8 = server.sealer.open(&place, &record.sealed).expect("opened");
    SigningKey::from_pkcs8(SigningAlgorithm::Es256, &pkcs8).expect("a key")
}

#[tokio::test]
async fn a_token_says_whose_share_it_opens_and_for_whom() {
    let scene = Scene::start().await;
    let (header, claims) = scene.parts();
    let now = scene.server.clock.now().unix_timestamp();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let kid = header["kid"].as_str().expect("a name");
    assert!(kid.starts_with(&format!("{}/ocm#", scene.server.url)), "{kid}");
    assert_eq!(claims["iss"], json!(scene.server.url));
    assert_eq!(claims["sub"], json!("alice"));
    assert_eq!(claims["aud"], json!(format!("bob@{}", scene.recipient.peer.host)));
    assert_eq!(claims["client_id"], json!(scene.given.share.id));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 600)));
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22), "128 bits");
    assert!(!claims.to_string().contains(&scene.given.secret));
    // The key is the published one.
    let set: Value = scene.server.get("/ocm/jwks").await.json().await.expect("JSON");
    let keys = set["keys"].as_array().expect("keys");
    assert!(
        keys.iter()
            .any(|key| key["kid"] == header["kid"] && key["alg"] == "ES256"),
        "{set}"
    );
    // Forging below works with that key: an unchanged copy is good.
    let copy = scene.forged(|_, _| ()).await;
    assert!(bearer(&scene.server, &copy).await.is_ok());
}

#[tokio::test]
async fn tokens_are_signed_with_ed25519_where_that_is_wanted() {
    let scene = Scene::with(Options::new(&clock()).config(|config| config.token_ed25519 = true)).await;
    assert_eq!(scene.parts().0["alg"], json!("EdDSA"));
    assert!(bearer(&scene.server, &scene.token).await.is_ok());
}

#[tokio::test]
async fn ocm_n054_tokens_that_are_not_signed_with_our_key_open_nothing() {
    let scene = Scene::start().await;
    let (header, claims) = scene.parts();
    let with_alg = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = json!(alg);
        format!("{}.{}", encode(&header), encode(&claims))
    };
    scene.is_refused("none", &format!("{}.", with_alg("none"))).await;
    scene
        .is_refused("none with a signature", &format!("{}.e30", with_alg("none")))
        .await;
    // The public key as a shared secret.
    let set = scene.server.get("/ocm/jwks").await.bytes().await.expect("a body");
    let input = with_alg("HS256");
    let mac = aws_lc_rs::hmac::sign(
        &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &set),
        input.as_bytes(),
    );
    let mac = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, mac.as_ref());
    scene.is_refused("HS256", &format!("{input}.{mac}")).await;
    // A key that comes along, or lies elsewhere.
    let stranger = SigningKey::generate(SigningAlgorithm::Es256).expect("a key");
    let url = &scene.recipient.peer.url;
    for (name, value) in [
        ("jwk", stranger.public_jwk("x")),
        ("jku", json!(format!("{url}/ocm/jwks"))),
        ("x5u", json!(format!("{url}/chain"))),
        ("kid", json!("../../../etc/passwd")),
        ("kid", json!(format!("{url}/ocm#k1"))),
    ] {
        let mut header = header.clone();
        header[name] = value;
        let forged = stranger.sign_jws(&header, &claims).expect("a token");
        scene.is_refused(name, &forged).await;
        let own = own_key(&scene.server)
            .await
            .sign_jws(&header, &claims)
            .expect("a token");
        scene.is_refused(name, &own).await;
    }
    scene
        .is_refused("another key", &stranger.sign_jws(&header, &claims).expect("a token"))
        .await;
    let cut = &scene.token[..scene.token.len() - 2];
    scene.is_refused("a changed signature", cut).await;
}

#[tokio::test]
async fn ocm_n055_a_token_of_another_type_opens_nothing() {
    let scene = Scene::start().await;
    for typ in [json!("JWT"), json!("jwt"), json!(""), Value::Null] {
        let forged = scene.forged(|header, _| header["typ"] = typ.clone()).await;
        scene.is_refused(&typ.to_string(), &forged).await;
    }
    let forged = scene
        .forged(|header, _| drop(header.as_object_mut().expect("members").remove("typ")))
        .await;
    scene.is_refused("no type", &forged).await;
}

#[tokio::test]
async fn ocm_n056_a_token_is_good_until_the_second_it_ends() {
    let scene = Scene::start().await;
    scene.server.clock.advance(time::Duration::seconds(599));
    assert!(bearer(&scene.server, &scene.token).await.is_ok());
    scene.server.clock.advance(time::Duration::seconds(1));
    let Err(ShareRefusal::Unauthorized { challenges }) = bearer(&scene.server, &scene.token).await else {
        panic!("it has ended")
    };
    assert_eq!(
        challenges[0],
        "Bearer error=\"invalid_token\", error_description=\"expired\""
    );
}

#[tokio::test]
async fn ocm_n057_a_token_of_another_issuer_opens_nothing() {
    let scene = Scene::start().await;
    for iss in [
        "https://other.example.org",
        "",
        "http://127.0.0.1",
        &format!("{}/", scene.server.url),
    ] {
        let forged = scene.forged(|_, claims| claims["iss"] = json!(iss)).await;
        scene.is_refused(iss, &forged).await;
    }
    // A good token of another server of the same kind, for a share of the same people.
    let other = Scene::start().await;
    scene.is_refused("another server's", &other.token).await;
}

#[tokio::test]
async fn ocm_n058_a_token_for_another_recipient_opens_nothing() {
    let scene = Scene::start().await;
    let host = &scene.recipient.peer.host;
    for aud in [
        json!(format!("carol@{host}")),
        json!(format!("Bob@{host}")),
        json!([format!("bob@{host}")]),
    ] {
        let forged = scene.forged(|_, claims| claims["aud"] = aud.clone()).await;
        scene.is_refused(&aud.to_string(), &forged).await;
    }
}

#[tokio::test]
async fn ocm_n059_a_token_with_the_id_of_another_share_opens_neither() {
    let scene = Scene::start().await;
    let other = scene
        .recipient
        .given_by(&scene.server, new_share(&scene.recipient.address("carol")))
        .await;
    let other = other.expect("shared").share.id;
    let forged = scene.forged(|_, claims| claims["client_id"] = json!(other)).await;
    scene.is_refused("another share", &forged).await;
    let both = scene.forged(|_, claims| {
        claims["client_id"] = json!(other);
        claims["aud"] = json!(format!("carol@{}", scene.recipient.peer.host));
    });
    scene.is_refused("another share and its recipient", &both.await).await;
    let unknown = scene.forged(|_, claims| claims["client_id"] = json!("no-such-share"));
    scene.is_refused("no share", &unknown.await).await;
    let never_issued = scene.forged(|_, claims| claims["jti"] = json!("never"));
    scene
        .is_refused("a name that was never given", &never_issued.await)
        .await;
}

#[tokio::test]
async fn ocm_n060_a_token_of_another_owner_opens_nothing() {
    let scene = Scene::start().await;
    for sub in ["bob", "Alice", ""] {
        let forged = scene.forged(|_, claims| claims["sub"] = json!(sub)).await;
        scene.is_refused(sub, &forged).await;
    }
}

#[tokio::test]
async fn ocm_n061_a_retiring_key_still_verifies_and_a_removed_one_does_not() {
    let scene = Scene::start().await;
    let keys = scene.server.ocm.keys();
    keys.stage().await.expect("staged");
    keys.activate(true).await.expect("activated");
    assert!(bearer(&scene.server, &scene.token).await.is_ok(), "it retires");
    let newer = scene.recipient.token(&scene.server, &scene.given.secret).await;
    keys.retire(true).await.expect("removed");
    assert!(
        is_unauthorized(&bearer(&scene.server, &scene.token).await),
        "it is gone"
    );
    assert!(bearer(&scene.server, &newer).await.is_ok());
}

#[tokio::test]
async fn ocm_n062_tokens_of_other_kinds_open_no_share() {
    let scene = Scene::start().await;
    // As our own OAuth server signs: with keys of another set, and of other types.
    let key = SigningKey::generate(SigningAlgorithm::Es256).expect("a key");
    let now = scene.server.clock.now().unix_timestamp();
    for (typ, aud) in [("JWT", "client"), ("at+jwt", "https://cloud.example.org/mcp")] {
        let claims = json!({"iss": scene.server.url, "sub": "alice", "aud": aud, "client_id": "client",
            "iat": now, "exp": now + 600, "jti": "x"});
        let token = key
            .sign_jws(&json!({"typ": typ, "kid": "thumbprint"}), &claims)
            .expect("a token");
        scene.is_refused(typ, &token).await;
    }
    for opaque in ["", "ncat_0123456789", "gX9bWqZ3tYk2mNr"] {
        scene.is_refused(opaque, opaque).await;
    }
}

#[tokio::test]
async fn ocm_n064_a_token_as_user_name_or_password_opens_nothing() {
    let scene = Scene::start().await;
    for (user, password) in [(scene.token.as_str(), ""), ("bob", &scene.token), ("", &scene.token)] {
        assert!(is_unauthorized(&basic(&scene.server, user, password).await));
    }
}

#[tokio::test]
async fn ocm_n066_the_secret_of_a_strict_share_opens_nothing() {
    let scene = Scene::start().await;
    let secret = &scene.given.secret;
    assert!(is_unauthorized(&bearer(&scene.server, secret).await));
    assert!(is_unauthorized(&basic(&scene.server, secret, "").await));
    // Nor when the configuration says so later: the mode belongs to the share.
    let server = scene.server.restart().await;
    assert!(is_unauthorized(&basic(&server, secret, "").await));
}

#[tokio::test]
async fn a_transfer_that_the_secret_began_ends_with_the_share() {
    let options = Options::new(&clock()).config(|config| config.offer = Offer::Optional);
    let scene = Scene::with(options).await;
    let ocm = &scene.server.ocm;
    let opened = basic(&scene.server, &scene.given.secret, "").await.expect("opened");
    assert!(opened.token.is_none() && ocm.is_still_good(&opened, SharePermissions::READ).await);
    ocm.revoke(scene.given.share.number).await.expect("revoked");
    assert!(!ocm.is_still_good(&opened, SharePermissions::READ).await);
}

#[tokio::test]
async fn the_secret_of_an_optional_share_opens_it_until_the_last_day() {
    let now = clock().now().unix_timestamp();
    let options = Options::new(&clock()).config(move |config| {
        config.offer = Offer::Optional;
        config.legacy_basic_until = Some(now + 1000);
    });
    let scene = Scene::with(options).await;
    let secret = &scene.given.secret;
    assert!(scene.given.message["protocol"]["webdav"].get("requirements").is_none());
    for opened in [
        bearer(&scene.server, secret).await,
        basic(&scene.server, secret, "").await,
    ] {
        let principal = opened.expect("opened");
        assert_eq!(
            (principal.share_id, principal.token),
            (scene.given.share.id.clone(), None)
        );
    }
    assert!(
        is_unauthorized(&basic(&scene.server, secret, "x").await),
        "with an empty password only"
    );
    assert!(
        bearer(&scene.server, &scene.token).await.is_ok(),
        "a token opens it as well"
    );
    scene.server.clock.advance(time::Duration::seconds(1001));
    let Err(ShareRefusal::Unauthorized { challenges }) = basic(&scene.server, secret, "").await else {
        panic!("that is over")
    };
    assert!(
        challenges.iter().all(|challenge| !challenge.starts_with("Basic")),
        "{challenges:?}"
    );
}

#[tokio::test]
async fn ocm_n071_a_credential_opens_its_own_share_only() {
    let scene = Scene::start().await;
    let token = SecretString::from(scene.token.as_str());
    let credential = || Some(ShareCredential::Bearer(&token));
    assert!(
        open(&scene.server, credential(), Some(&scene.given.share.id))
            .await
            .is_ok()
    );
    let other = scene
        .recipient
        .given_by(&scene.server, new_share(&scene.recipient.address("carol")))
        .await;
    let other = other.expect("shared").share.id;
    for named in [other.as_str(), "", "..", "no-such-share"] {
        assert!(
            is_unauthorized(&open(&scene.server, credential(), Some(named)).await),
            "{named}"
        );
    }
    let Err(ShareRefusal::Unauthorized { challenges }) = open(&scene.server, None, None).await else {
        panic!("there is no credential")
    };
    assert!(challenges[0].starts_with("Bearer") && challenges[1].starts_with("Basic"));
}

#[tokio::test]
async fn ocm_n072_less_permissions_count_at_the_next_request_with_the_same_token() {
    let scene = Scene::start().await;
    let before = bearer(&scene.server, &scene.token).await.expect("opened");
    assert_eq!(before.permissions, SharePermissions::ALL);
    let change = OutShareChange {
        permissions: Some(SharePermissions::READ),
        ..OutShareChange::default()
    };
    let changed = scene
        .server
        .ocm
        .change(scene.given.share.number, change)
        .await
        .expect("changed");
    assert_eq!(changed.permissions, SharePermissions::READ);
    let after = bearer(&scene.server, &scene.token).await.expect("the token stays good");
    assert_eq!(after.permissions, SharePermissions::READ);
    let ocm = &scene.server.ocm;
    assert!(ocm.is_still_good(&before, SharePermissions::READ).await);
    let writing = SharePermissions::READ.with(SharePermissions::UPDATE);
    assert!(
        !ocm.is_still_good(&before, writing).await,
        "a transfer that writes is over"
    );
    let town = &scene.server.town;
    town.put("alice", 41, "Plans", true, SharePermissions::SHARE);
    assert!(
        !ocm.is_still_good(&before, SharePermissions::READ).await,
        "no more than its owner"
    );
}

#[tokio::test]
async fn ocm_n073_a_share_whose_owner_lost_it_or_is_shut_out_is_closed() {
    let scene = Scene::start().await;
    let principal = bearer(&scene.server, &scene.token).await.expect("opened");
    scene.server.town.remove("alice", 41);
    assert!(is_unauthorized(&bearer(&scene.server, &scene.token).await));
    assert!(!scene.server.ocm.is_still_good(&principal, SharePermissions::NONE).await);
    let (status, body) = scene.recipient.exchange(&scene.server, &scene.given.secret).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    scene.server.town.put("alice", 41, "Plans", true, SharePermissions::ALL);
    assert!(bearer(&scene.server, &scene.token).await.is_ok(), "it was moved back");
    // Shut out, the tokens that were issued end for good; the share itself waits.
    scene.server.town.set_enabled("alice", false);
    assert!(is_unauthorized(&bearer(&scene.server, &scene.token).await));
    scene.server.town.set_enabled("alice", true);
    assert!(is_unauthorized(&bearer(&scene.server, &scene.token).await));
    let newer = scene.recipient.token(&scene.server, &scene.given.secret).await;
    assert!(bearer(&scene.server, &newer).await.is_ok());
}

#[tokio::test]
async fn wrong_credentials_are_slowed_down_and_the_same_one_counts_once() {
    let scene = Scene::start().await;
    for _ in 0..300 {
        assert!(is_unauthorized(&bearer(&scene.server, "ended-share").await));
    }
    for guess in 0..100 {
        assert!(bearer(&scene.server, &format!("guess{guess}")).await.is_err());
    }
    let refused = bearer(&scene.server, "another").await;
    assert!(
        matches!(refused, Err(ShareRefusal::TooManyAttempts { retry_after_s: 1..=300 })),
        "{refused:?}"
    );
    scene.server.clock.advance(time::Duration::minutes(5));
    assert!(bearer(&scene.server, &scene.token).await.is_ok());
}
