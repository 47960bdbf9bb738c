//! Tokens whose signature is right and that are bad otherwise: each row at OCS, Notes, WebDAV and the MCP endpoint.

use serde_json::{Value, json};

use crate::{
    foreign_issuer::{Key, World, encode, with},
    tokens::interfaces,
};

async fn assert_refused(world: &World, token: &str, what: &str) {
    assert_refused_by_cloud(world, token, what).await;
    assert_refused_by_mcp(world, token, what).await;
}

async fn assert_refused_by_mcp(world: &World, token: &str, what: &str) {
    // Whoever fails too often has to wait.
    world.app.clock.advance(time::Duration::seconds(3));
    let reply = world.at_mcp(token).await;
    assert_eq!(reply.status.as_u16(), 401, "{what} at the MCP endpoint: {}", reply.text);
    let challenge = reply.headers["www-authenticate"].to_str().expect("text");
    assert!(challenge.contains("invalid_token"), "{what}: {challenge}");
}

async fn assert_refused_by_cloud(world: &World, token: &str, what: &str) {
    for (method, path, _) in interfaces(&world.app.alice) {
        let reply = world.app.with(method, &path, &format!("Bearer {token}")).await;
        assert_eq!(reply.status.as_u16(), 401, "{what} at {path}: {}", reply.text);
        let challenges = reply.headers.get_all("www-authenticate").iter();
        let named = challenges.filter_map(|value| value.to_str().ok());
        assert!(
            named.into_iter().any(|value| value.contains("invalid_token")),
            "{what} at {path}"
        );
    }
}

async fn assert_good(world: &World, token: &str) {
    assert_good_at_cloud(world, token).await;
    let listed = world.at_mcp(token).await.result().to_string();
    assert!(
        listed.contains("nc_notes_get_note") && !listed.contains("nc_notes_create_note"),
        "{listed}"
    );
}

async fn assert_good_at_cloud(world: &World, token: &str) {
    for (method, path, good) in interfaces(&world.app.alice) {
        let reply = world.app.with(method, &path, &format!("Bearer {token}")).await;
        assert_eq!(reply.status.as_u16(), good, "{path}: {}", reply.text);
    }
}

/// A world whose issuer is believed, so that what is refused later is refused for its own fault.
async fn boot() -> World {
    let world = World::boot().await;
    assert_good(&world, &world.issuer.token(&world.claims())).await;
    world
}

/// The good claims with another value.
async fn refuse_claims(world: &World, claim: &str, values: impl IntoIterator<Item = Value>) {
    for value in values {
        let token = world.issuer.token(&with(world.claims(), claim, value.clone()));
        assert_refused(world, &token, &format!("{claim} {value}")).await;
    }
}

/// The good header with another value, signed by the issuer's key.
async fn refuse_headers(world: &World, name: &str, values: impl IntoIterator<Item = Value>) {
    for value in values {
        let header = with(world.issuer.key.header(), name, value.clone());
        let token = world.issuer.key.sign(&header, &world.claims());
        assert_refused(world, &token, &format!("{name} {value}")).await;
    }
}

#[tokio::test]
async fn j01_an_algorithm_that_is_none_is_refused_whatever_the_signature() {
    let world = boot().await;
    let spellings = ["none", "None", "NONE", "nOnE", "", "es256"];
    refuse_headers(&world, "alg", spellings.map(Value::from)).await;
    refuse_headers(&world, "alg", [json!(null), json!(7), json!(["ES256"])]).await;
    let token = world.issuer.token(&world.claims());
    let (signed, _) = token.rsplit_once('.').expect("a token");
    assert_refused(&world, &format!("{signed}."), "empty signature").await;
}

#[tokio::test]
async fn j03_a_kid_is_a_name_and_nothing_else() {
    let world = boot().await;
    let odd = [
        json!("../../etc/passwd"),
        json!("/dev/null"),
        json!("' OR 1=1 --"),
        json!("k".repeat(5_000)),
        json!(1),
        json!(["first"]),
    ];
    refuse_headers(&world, "kid", odd).await;
    // Two keys, and a token that names none.
    let second = Key::new("second");
    world.issuer.publish(vec![world.issuer.key.jwk(), second.jwk()]);
    world.app.clock.advance(time::Duration::minutes(10));
    assert_good(&world, &second.sign(&second.header(), &world.claims())).await;
    let nameless = with(second.header(), "kid", Value::Null);
    assert_refused(&world, &second.sign(&nameless, &world.claims()), "two candidates").await;
    // A key that was taken out.
    world.issuer.publish(vec![second.jwk()]);
    world.app.clock.advance(time::Duration::minutes(61));
    assert_refused(&world, &world.issuer.token(&world.claims()), "removed key").await;
    assert_good(&world, &second.sign(&second.header(), &world.claims())).await;
}

#[tokio::test]
async fn j04_keys_that_a_token_brings_along_are_not_looked_at() {
    let world = boot().await;
    let attacker = Key::new("first");
    let url = format!("{}/attacker", world.issuer.url);
    for (name, value) in [
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!(["MIIB"])),
        ("jwk", attacker.jwk()),
    ] {
        let header = with(attacker.header(), name, value);
        assert_refused(&world, &attacker.sign(&header, &world.claims()), name).await;
    }
    assert_eq!(world.issuer.asked_elsewhere(), 0, "no address of a token is asked");
}

#[tokio::test]
async fn j05_what_must_be_understood_and_is_not_is_refused() {
    let world = boot().await;
    refuse_headers(
        &world,
        "crit",
        [json!(["exp"]), json!(["b64"]), json!([]), json!("exp")],
    )
    .await;
    refuse_headers(&world, "b64", [json!(false)]).await;
    refuse_headers(&world, "zip", [json!("DEF")]).await;
    let (header, claims) = (world.issuer.key.header().to_string(), world.claims().to_string());
    let doubled = header.replacen('{', r#"{"alg":"none","#, 1);
    let token = world.issuer.key.sign_text(&doubled, &claims);
    assert_refused(&world, &token, "a header name twice").await;
    for first in [
        r#"{"sub":"bob","#,
        r#"{"aud":"https://elsewhere.example","#,
        r#"{"exp":4000000000,"#,
    ] {
        let token = world.issuer.key.sign_text(&header, &claims.replacen('{', first, 1));
        assert_refused(&world, &token, first).await;
    }
}

#[tokio::test]
async fn j06_only_the_type_of_access_tokens_is_one() {
    let world = boot().await;
    let types = ["JWT", "dpop+jwt", "logout+jwt", "id+jwt", "at", ""];
    refuse_headers(&world, "typ", types.map(Value::from)).await;
    refuse_headers(&world, "typ", [Value::Null, json!(["at+jwt"])]).await;
    for typ in ["AT+JWT", "application/at+jwt"] {
        let header = with(world.issuer.key.header(), "typ", json!(typ));
        assert_good(&world, &world.issuer.key.sign(&header, &world.claims())).await;
    }
    // Where an issuer's tokens have the type `JWT`, its ID tokens are still none.
    let lines = "check_bearer = true\nunique_uid = false\naccept_typ_jwt = true\n";
    let world = World::boot_with(lines, &[]).await;
    let header = with(world.issuer.key.header(), "typ", json!("JWT"));
    assert_good_at_cloud(&world, &world.issuer.key.sign(&header, &world.claims())).await;
    for (claim, value) in [
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
        ("client_id", Value::Null),
    ] {
        let claims = with(world.claims(), claim, value);
        assert_refused(&world, &world.issuer.key.sign(&header, &claims), claim).await;
    }
}

#[tokio::test]
async fn j07_the_issuer_is_compared_to_the_byte() {
    let world = boot().await;
    let url = world.issuer.url.clone();
    let others = [
        json!("https://elsewhere.example"),
        json!(format!("{url}/")),
        json!(url.to_uppercase()),
        json!([url]),
        // Its own keys do not make it this cloud.
        json!(world.app.url),
        Value::Null,
    ];
    refuse_claims(&world, "iss", others).await;
}

#[tokio::test]
async fn j08_a_token_is_for_exactly_this_cloud() {
    let world = boot().await;
    let url = world.app.url.clone();
    let others = [
        Value::Null,
        json!("https://elsewhere.example"),
        json!("client"),
        json!(&url[..url.len() - 1]),
        json!(format!("{url}/")),
        json!(format!("{url}/mcp")),
        json!(["client", "https://elsewhere.example"]),
        json!([]),
        json!(7),
    ];
    refuse_claims(&world, "aud", others).await;
    let among = with(world.claims(), "aud", json!(["https://elsewhere.example", url]));
    let among = world.issuer.token(&among);
    assert_good_at_cloud(&world, &among).await;
    assert_refused_by_mcp(&world, &among, "for the cloud only").await;
    // The same at the MCP server, which is another resource.
    let url = world.mcp.mcp_url.clone();
    let others = [
        json!(&url[..url.len() - 1]),
        json!(&url[..url.len() - 4]),
        json!(format!("{url}/")),
        json!(url.to_uppercase()),
        json!("mcp"),
    ];
    refuse_claims(&world, "aud", others).await;
    let among = with(world.claims(), "aud", json!(["https://elsewhere.example", url]));
    let among = world.issuer.token(&among);
    assert_refused_by_cloud(&world, &among, "for the MCP server only").await;
    assert_eq!(world.at_mcp(&among).await.status.as_u16(), 200);
}

#[tokio::test]
async fn j09_times_are_numbers_and_mean_what_they_say() {
    let world = boot().await;
    let now = world.app.clock.now().unix_timestamp();
    let ends = [
        Value::Null,
        json!((now + 300).to_string()),
        json!(1e300),
        json!(-1),
        json!(now - 61),
        json!(0),
    ];
    refuse_claims(&world, "exp", ends).await;
    refuse_claims(&world, "nbf", [json!(now + 120), json!("now")]).await;
    refuse_claims(&world, "iat", [json!(now + 86_400), Value::Null]).await;
}

#[tokio::test]
async fn j10_a_token_says_whose_it_is() {
    let world = boot().await;
    refuse_claims(&world, "sub", [Value::Null, json!(""), json!(7)]).await;
    let nobody = world.issuer.token(&with(world.claims(), "sub", json!("nobody")));
    assert_refused_by_cloud(&world, &nobody, "nobody's").await;
    refuse_claims(&world, "client_id", [Value::Null]).await;
    refuse_claims(&world, "jti", [Value::Null]).await;
}

#[tokio::test]
async fn j11_a_signature_is_good_whole_and_in_one_form_only() {
    let world = boot().await;
    let token = world.issuer.token(&world.claims());
    let (signed, signature) = token.rsplit_once('.').expect("a token");
    let bytes = crate::forged_tokens::decode(signature);
    let mut flipped = bytes.clone();
    flipped[40] ^= 0x80;
    let swapped = [&bytes[32..], &bytes[..32]].concat();
    for (what, changed) in [
        ("flipped", flipped.as_slice()),
        ("truncated", &bytes[..63]),
        ("zero", &[0; 64]),
        ("swapped", &swapped),
    ] {
        assert_refused(&world, &format!("{signed}.{}", encode(changed)), what).await;
    }
    // 64 bytes leave four bits of the last character unused: another one there is the same signature in another form.
    let last = signature.chars().last().expect("a character");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet
        .chars()
        .nth(alphabet.find(last).expect("base64url") + 1)
        .expect("a character");
    let other_form = format!("{signed}.{}{next}", &signature[..signature.len() - 1]);
    for (what, changed) in [
        ("other form", other_form),
        ("padding", format!("{token}==")),
        ("a dot more", format!("{token}.")),
        ("encrypted form", format!("{token}.AAAA.AAAA")),
    ] {
        assert_refused(&world, &changed, what).await;
    }
}

#[tokio::test]
async fn j12_a_key_signs_with_its_own_algorithm_only() {
    let world = boot().await;
    refuse_headers(
        &world,
        "alg",
        ["RS256", "PS256", "ES384", "EdDSA", "HS256"].map(Value::from),
    )
    .await;
    // Keys that are too short or on another curve are no keys.
    let short =
        json!({ "kty": "RSA", "kid": "short", "alg": "RS256", "use": "sig", "e": "AQAB", "n": encode([0xc5; 128]) });
    let curve = json!({ "kty": "EC", "kid": "curve", "crv": "P-384", "alg": "ES256", "use": "sig",
        "x": encode([1; 48]), "y": encode([1; 48]) });
    world.issuer.publish(vec![world.issuer.key.jwk(), short, curve]);
    world.app.clock.advance(time::Duration::minutes(61));
    assert_good(&world, &world.issuer.token(&world.claims())).await;
    for (kid, alg) in [("short", "RS256"), ("curve", "ES256")] {
        let header = json!({ "typ": "at+jwt", "alg": alg, "kid": kid });
        assert_refused(&world, &world.issuer.key.sign(&header, &world.claims()), kid).await;
    }
}

#[tokio::test]
async fn j13_a_key_for_something_else_signs_no_tokens() {
    let world = boot().await;
    let (sealing, other) = (Key::new("sealing"), Key::new("other"));
    let published = vec![
        world.issuer.key.jwk(),
        with(sealing.jwk(), "use", json!("enc")),
        with(other.jwk(), "alg", json!("ES384")),
    ];
    world.issuer.publish(published);
    world.app.clock.advance(time::Duration::minutes(61));
    for key in [&sealing, &other] {
        assert_refused(&world, &key.sign(&key.header(), &world.claims()), key.kid).await;
    }
    assert_good(&world, &world.issuer.token(&world.claims())).await;
}

#[tokio::test]
async fn j16_known_keys_serve_while_the_issuer_is_down_and_unknown_ones_are_asked_for_rarely() {
    let world = boot().await;
    let stranger = Key::new("stranger");
    let unknown = async || {
        let token = stranger.sign(&stranger.header(), &world.claims());
        let (method, path, _) = interfaces(&world.app.alice)[0].clone();
        world.app.with(method, &path, &format!("Bearer {token}")).await
    };
    let unknown_at_mcp = async || {
        let token = stranger.sign(&stranger.header(), &world.claims());
        world.at_mcp(&token).await
    };
    world.issuer.set_down(true);
    world.app.clock.advance(time::Duration::seconds(31));
    assert_good(&world, &world.issuer.token(&world.claims())).await;
    for reply in [unknown().await, unknown_at_mcp().await] {
        assert_eq!(reply.status.as_u16(), 503, "{}", reply.text);
        assert!(reply.headers.contains_key("retry-after"));
    }
    world.issuer.set_down(false);
    world.app.clock.advance(time::Duration::seconds(31));
    let before = world.issuer.asked();
    for _ in 0..20 {
        assert_eq!(unknown().await.status.as_u16(), 401);
    }
    assert_eq!(world.issuer.asked(), before + 1, "one question for a flood");
    for _ in 0..20 {
        assert_eq!(unknown_at_mcp().await.status.as_u16(), 401);
    }
    assert_eq!(world.issuer.asked(), before + 2, "one question for a flood");
}
