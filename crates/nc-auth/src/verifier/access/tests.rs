use std::sync::Mutex;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nc_proto::oauth::jose::JwkSet;
use serde_json::json;
use time::Duration;
use url::Url;

use super::*;
use crate::{
    signer::Signer,
    testing::{Documents, NOW, clock, set},
};

mod remembered;

const ISSUER: &str = "https://cloud.example";
const RESOURCE: &str = "https://mcp.example/mcp";

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u1", "aud": RESOURCE, "exp": NOW + 300, "iat": NOW, "jti": "j", "client_id": "c",
        "scope": "notes:read"})
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().expect("an object").remove(name);
    value
}

fn header() -> Value {
    json!({"typ": "at+jwt"})
}

fn verifier(signers: &[&Signer]) -> AccessTokenVerifier {
    AccessTokenVerifier::new(ISSUER, JwkSource::fixed(set(signers)), clock())
}

async fn accepts(verifier: &AccessTokenVerifier, token: &str) -> bool {
    match verifier.verify(token, &[RESOURCE]).await {
        Ok(_) => true,
        Err(TokenRefusal::Refused(error)) => {
            assert_eq!((error.status(), error.code()), (401, "invalid_token"));
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// A good token, and whether one with this header and these claims, properly signed, is good.
async fn signed(header: &Value, claims: &Value) -> bool {
    let signer = Signer::new(Algorithm::Es256);
    accepts(&verifier(&[&signer]), &signer.sign(header, claims)).await
}

#[tokio::test]
async fn a_good_token_of_each_algorithm_is_believed() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let verifier = verifier(&[&signer]);
        let token = signer.sign(&header(), &claims());
        let verified = verifier.verify(&token, &[RESOURCE]).await.expect("good");
        assert_eq!(
            (verified.claims.sub.as_str(), verified.all["jti"].as_str()),
            ("u1", Some("j"))
        );
    }
    let narrow = Signer::new(Algorithm::Rs256);
    let only_es = verifier(&[&narrow]).with_algorithms(&[Algorithm::Es256]);
    assert!(!accepts(&only_es, &narrow.sign(&header(), &claims())).await);
}

#[tokio::test]
async fn the_example_of_rfc_9068_is_believed() {
    let header = json!({"typ": "at+JWT", "alg": "RS256", "kid": "RjEwOwOA"});
    let claims = json!({"iss": "https://authorization-server.example.com/", "sub": "5ba552d67",
        "aud": "https://rs.example.com/", "exp": 1_639_528_912, "iat": 1_618_354_090,
        "jti": "dbe39bf3a3ba4238a513f51d6e1691c4", "client_id": "s6BhdRkqt3", "scope": "openid profile reademail"});
    let signer = Signer::new(Algorithm::Rs256);
    let mut key = signer.jwk();
    key.kid = Some("RjEwOwOA".to_owned());
    let clock = Clock::manual(time::OffsetDateTime::from_unix_timestamp(1_618_354_090).expect("a time"));
    let keys = JwkSource::fixed(JwkSet(vec![key]));
    let verifier = AccessTokenVerifier::new("https://authorization-server.example.com/", keys, clock);
    let verified = verifier
        .verify(&signer.sign(&header, &claims), &["https://rs.example.com/"])
        .await;
    assert!(verified.expect("good").claims.scope.contains("reademail"));
}

#[tokio::test]
async fn j01_no_signature_is_no_token() {
    let signer = Signer::new(Algorithm::Es256);
    let verifier = verifier(&[&signer]);
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = with(header(), "alg", json!(name));
        let token = signer.sign(&header, &claims());
        assert!(!accepts(&verifier, &token).await, "{name}");
        let unsigned = format!("{}.", token.rsplit_once('.').expect("signed").0);
        assert!(!accepts(&verifier, &unsigned).await, "{name}");
    }
    let good = signer.sign(&header(), &claims());
    assert!(!accepts(&verifier, &format!("{}.", good.rsplit_once('.').expect("signed").0)).await);
    assert!(accepts(&verifier, &good).await);
}

#[tokio::test]
async fn j02_a_public_key_is_no_shared_secret() {
    use aws_lc_rs::{encoding::AsDer as _, hmac, signature::RsaPublicKeyComponents};
    let signer = Signer::new(Algorithm::Rs256);
    let verifier = verifier(&[&signer]);
    let jwk = signer.jwk().to_value();
    let number = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(jwk[name].as_str().expect("a text"))
            .expect("base64url")
    };
    let components = RsaPublicKeyComponents {
        n: number("n"),
        e: number("e"),
    };
    let der = components.as_der().expect("DER").as_ref().to_vec();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(&der)
    );
    for secret in [
        der,
        pem.clone().into_bytes(),
        pem.trim_end().as_bytes().to_vec(),
        jwk.to_string().into_bytes(),
        number("n"),
    ] {
        for (name, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let header = json!({"typ": "at+jwt", "alg": name, "kid": signer.kid});
            let input = signer.sign(&header, &claims());
            let input = input.rsplit_once('.').expect("signed").0;
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), input.as_bytes());
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
            assert!(!accepts(&verifier, &token).await, "{name}");
        }
    }
}

#[tokio::test]
async fn j03_the_name_of_a_key_is_a_known_text_or_absent_with_one_key() {
    let long = "k".repeat(5000);
    for kid in [
        json!("../../../dev/null"),
        json!("' OR 1=1 --"),
        json!(long),
        json!(7),
        json!(["k"]),
        json!(null),
        json!({"k": "k"}),
        json!(""),
    ] {
        assert!(!signed(&with(header(), "kid", kid.clone()), &claims()).await, "{kid}");
    }
    let (mut one, mut other) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::Es256));
    let removed = one.sign(&header(), &claims());
    assert!(accepts(&verifier(&[&one, &other]), &removed).await);
    assert!(!accepts(&verifier(&[&other]), &removed).await, "its key is gone");
    (one.kid, other.kid) = (None, None);
    let nameless = one.sign(&header(), &claims());
    assert!(accepts(&verifier(&[&one]), &nameless).await);
    assert!(
        !accepts(&verifier(&[&one, &other]), &nameless).await,
        "two keys would fit"
    );
}

#[tokio::test]
async fn j04_keys_that_the_token_brings_along_are_not_used_nor_fetched() {
    let (ours, theirs) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::Es256));
    let documents = Arc::new(Documents::default());
    documents.serve(Some(set(&[&ours]).to_value().to_string()));
    let keys = JwkSource::remote(
        Url::parse("https://cloud.example/jwks").expect("a URL"),
        Arc::clone(&documents) as Arc<dyn crate::fetch::Fetch>,
        clock(),
    );
    let verifier = AccessTokenVerifier::new(ISSUER, keys, clock());
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", theirs.jwk().to_value()),
    ] {
        let header = with(with(header(), "kid", json!(ours.kid)), name, value);
        assert!(!accepts(&verifier, &theirs.sign(&header, &claims())).await, "{name}");
    }
    assert_eq!(documents.asked(), 1, "only the issuer's own keys were fetched");
}

#[tokio::test]
async fn j05_extensions_and_names_that_come_twice_are_refused() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
    ] {
        assert!(!signed(&with(header(), name, value), &claims()).await, "{name}");
    }
    let signer = Signer::new(Algorithm::Es256);
    let verifier = verifier(&[&signer]);
    let (header, claims) = (
        format!("{{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":{}}}", json!(signer.kid)),
        claims().to_string(),
    );
    assert!(accepts(&verifier, &signer.sign_text(&header, &claims)).await);
    let twice = header.replacen('{', "{\"typ\":\"JWT\",", 1);
    assert!(!accepts(&verifier, &signer.sign_text(&twice, &claims)).await);
    let twice = claims.replacen('{', "{\"sub\":\"admin\",", 1);
    assert!(!accepts(&verifier, &signer.sign_text(&header, &twice)).await);
}

#[tokio::test]
async fn j06_only_access_tokens_are_access_tokens() {
    for good in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(signed(&json!({"typ": good}), &claims()).await, "{good}");
    }
    for bad in ["JWT", "jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "", "at+jwt;x"] {
        assert!(!signed(&json!({"typ": bad}), &claims()).await, "{bad}");
    }
    assert!(!signed(&json!({}), &claims()).await);
    assert!(!signed(&json!({"typ": ["at+jwt"]}), &claims()).await);
}

#[tokio::test]
async fn j06_with_the_legacy_switch_an_id_token_is_still_none() {
    let signer = Signer::new(Algorithm::Es256);
    let verifier = verifier(&[&signer]).with_legacy_typ(LegacyTyp::Accepted);
    for good in ["JWT", "jwt", "at+jwt"] {
        assert!(
            accepts(&verifier, &signer.sign(&json!({"typ": good}), &claims())).await,
            "{good}"
        );
    }
    for claims in [
        with(claims(), "nonce", json!("n")),
        with(claims(), "at_hash", json!("h")),
        without(claims(), "client_id"),
    ] {
        assert!(
            !accepts(&verifier, &signer.sign(&json!({"typ": "JWT"}), &claims)).await,
            "{claims}"
        );
    }
    for bad in [json!({}), json!({"typ": "dpop+jwt"}), json!({"typ": "logout+jwt"})] {
        assert!(!accepts(&verifier, &signer.sign(&bad, &claims())).await, "{bad}");
    }
}

#[tokio::test]
async fn j07_the_issuer_is_compared_to_the_byte() {
    for issuer in [
        json!("https://other.example"),
        json!("https://cloud.example/"),
        json!("https://CLOUD.example"),
        json!([ISSUER]),
        json!(null),
    ] {
        assert!(
            !signed(&header(), &with(claims(), "iss", issuer.clone())).await,
            "{issuer}"
        );
    }
}

#[tokio::test]
async fn j08_the_audience_is_this_resource() {
    for audience in [
        json!("https://other.example/mcp"),
        json!("c"),
        json!("https://mcp.example"),
        json!("https://mcp.example/mcp/x"),
        json!(["c", "https://other.example/mcp"]),
        json!([]),
        json!(7),
    ] {
        assert!(
            !signed(&header(), &with(claims(), "aud", audience.clone())).await,
            "{audience}"
        );
    }
    assert!(!signed(&header(), &without(claims(), "aud")).await);
    assert!(signed(&header(), &with(claims(), "aud", json!(["x", RESOURCE]))).await);
}

#[tokio::test]
async fn j08_a_remembered_token_is_not_good_for_another_resource() {
    let signer = Signer::new(Algorithm::Es256);
    let verifier = verifier(&[&signer]);
    let token = signer.sign(&header(), &claims());
    assert!(accepts(&verifier, &token).await);
    let elsewhere = verifier.verify(&token, &["https://files.example"]).await;
    assert_eq!(elsewhere.unwrap_err(), TokenRefusal::Refused(BearerError::InvalidToken));
    assert!(
        verifier
            .verify(&token, &["https://files.example", RESOURCE])
            .await
            .is_ok()
    );
    assert!(verifier.verify(&token, &[]).await.is_err());
}

#[tokio::test]
async fn j09_times_are_numbers_and_hold() {
    for (name, value) in [
        ("exp", json!("1700000300")),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("exp", json!(NOW - 60)),
        ("exp", json!(null)),
        ("nbf", json!(NOW + 61)),
        ("iat", json!(NOW + 61)),
        ("iat", json!(4_000_000_000_i64)),
    ] {
        assert!(
            !signed(&header(), &with(claims(), name, value.clone())).await,
            "{name} {value}"
        );
    }
    assert!(!signed(&header(), &without(claims(), "exp")).await);
    assert!(!signed(&header(), &without(claims(), "iat")).await);
}

#[tokio::test]
async fn j09_a_remembered_token_ends_when_it_ends() {
    let signer = Signer::new(Algorithm::Es256);
    let clock = clock();
    let verifier = AccessTokenVerifier::new(ISSUER, JwkSource::fixed(set(&[&signer])), clock.clone());
    let token = signer.sign(&header(), &claims());
    assert!(accepts(&verifier, &token).await);
    clock.advance(Duration::seconds(359));
    assert!(accepts(&verifier, &token).await, "within the leeway");
    clock.advance(Duration::seconds(1));
    assert!(!accepts(&verifier, &token).await);
}

#[tokio::test]
async fn j10_the_subject_is_a_text_and_belongs_to_its_issuer() {
    for subject in [json!(""), json!(7), json!(null), json!(["u1"])] {
        assert!(
            !signed(&header(), &with(claims(), "sub", subject.clone())).await,
            "{subject}"
        );
    }
    for name in ["sub", "client_id", "jti"] {
        assert!(!signed(&header(), &without(claims(), name)).await, "{name}");
        assert!(!signed(&header(), &with(claims(), name, json!(""))).await, "{name}");
    }
    // The same subject of another issuer, signed with a key that this one has as well.
    let signer = Signer::new(Algorithm::Es256);
    let token = signer.sign(&header(), &with(claims(), "iss", json!("https://other.example")));
    assert!(!accepts(&verifier(&[&signer]), &token).await);
}

#[tokio::test]
async fn j11_changed_tokens_and_other_forms_are_refused() {
    let signer = Signer::new(Algorithm::Es256);
    let verifier = verifier(&[&signer]);
    let good = signer.sign(&header(), &claims());
    let (input, signature) = good.rsplit_once('.').expect("signed");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let (r, s) = bytes.split_at(32);
    let write = |signature: &[u8]| format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let mut flipped = bytes.clone();
    flipped[40] ^= 4;
    let parts: Vec<&str> = good.split('.').collect();
    let other = URL_SAFE_NO_PAD.encode(with(claims(), "sub", json!("admin")).to_string());
    for bad in [
        write(&flipped),
        write(&bytes[..63]),
        write(&[0; 64]),
        write(&[s, r].concat()),
        write(&[&[0], r, s].concat()),
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.x.y"),
        good.replace('.', ".."),
        format!("{input}.{signature}A"),
        format!("{}.{}", parts[0], parts[1]),
        String::new(),
    ] {
        assert!(!accepts(&verifier, &bad).await, "{bad}");
    }
    assert!(accepts(&verifier, &good).await);
}

#[tokio::test]
async fn j12_a_key_of_another_kind_verifies_nothing() {
    let (rsa, es256, es384) = (
        Signer::new(Algorithm::Rs256),
        Signer::new(Algorithm::Es256),
        Signer::new(Algorithm::Es384),
    );
    for (key, signer) in [(&es256, &rsa), (&rsa, &es256), (&es384, &es256), (&es256, &es384)] {
        let header = with(header(), "kid", json!(key.kid));
        assert!(!accepts(&verifier(&[key]), &signer.sign(&header, &claims())).await);
    }
    let short =
        json!({"keys": [{"kty": "RSA", "kid": "short", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 128])}]});
    assert_eq!(
        JwkSet::from_value(&short),
        Ok(JwkSet::default()),
        "1024 bits are no key"
    );
}

#[tokio::test]
async fn j13_a_key_for_something_else_verifies_nothing() {
    let signer = Signer::new(Algorithm::Es256);
    let token = signer.sign(&header(), &claims());
    for (name, value) in [
        ("use", json!("enc")),
        ("alg", json!("ES384")),
        ("key_ops", json!(["encrypt"])),
    ] {
        let value = json!({"keys": [with(signer.jwk().to_value(), name, value)]});
        let set = JwkSet::from_value(&value).expect("a set");
        let verifier = AccessTokenVerifier::new(ISSUER, JwkSource::fixed(set), clock());
        assert!(!accepts(&verifier, &token).await, "{name}");
    }
}

#[tokio::test]
async fn j14_long_and_deep_tokens_are_refused() {
    let deep: Value = (0..100).fold(json!(1), |inner, _| json!([inner]));
    assert!(!signed(&header(), &with(claims(), "x", deep.clone())).await);
    assert!(!signed(&with(header(), "x", deep), &claims()).await);
    assert!(!signed(&header(), &with(claims(), "x", json!("x".repeat(1024 * 1024)))).await);
}

struct TakenBack(Mutex<Vec<String>>);

#[async_trait]
impl Revocations for TakenBack {
    async fn is_revoked(&self, claims: &AccessClaims) -> Result<bool, TokenRefusal> {
        let known = self.0.lock().expect("not poisoned");
        let revoked = |name: &str| known.iter().any(|own| own == name);
        Ok(revoked(&claims.jti) || claims.sid.as_deref().is_some_and(revoked))
    }
}

#[tokio::test]
async fn j15_what_was_taken_back_is_refused_at_once_also_when_it_is_remembered() {
    let signer = Signer::new(Algorithm::Es256);
    let taken_back = Arc::new(TakenBack(Mutex::default()));
    let verifier = verifier(&[&signer]).with_revocations(Arc::clone(&taken_back) as Arc<dyn Revocations>);
    for (name, claims) in [
        ("j", claims()),
        ("s", with(with(claims(), "sid", json!("s")), "jti", json!("k"))),
    ] {
        let token = signer.sign(&header(), &claims);
        assert!(accepts(&verifier, &token).await);
        taken_back.0.lock().expect("not poisoned").push(name.to_owned());
        assert!(!accepts(&verifier, &token).await, "{name}");
    }
}
