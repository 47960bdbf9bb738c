use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://cloud.example";
const RESOURCE: &str = "https://mcp.example/mcp";

fn access() -> Value {
    json!({"iss": ISSUER, "sub": "u1", "aud": RESOURCE, "exp": NOW + 300, "iat": NOW, "jti": "j", "client_id": "c",
        "scope": "notes:read openid"})
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

fn check(claims: &Value) -> Result<(), ClaimError> {
    let claims = AccessClaims::read(claims.to_string().as_bytes()).expect("readable");
    claims.check(&Expectation {
        issuer: ISSUER,
        audience: RESOURCE,
        now: NOW,
    })
}

fn refused(claims: &Value) -> bool {
    AccessClaims::read(claims.to_string().as_bytes()).is_err()
}

#[test]
fn a_good_access_token_is_read_and_written_back() {
    let full = with(
        with(
            access(),
            "act",
            json!({"sub": "mcp", "client_id": "c0", "act": {"sub": "x"}}),
        ),
        "cnf",
        json!({"jkt": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}),
    );
    let read = AccessClaims::read(full.to_string().as_bytes()).expect("readable");
    assert_eq!(serde_json::to_value(&read).expect("writable"), full);
    assert_eq!(check(&full), Ok(()));
    assert!(read.scope.contains("notes:read"));
}

#[test]
fn j05_a_claim_comes_once() {
    assert_eq!(
        AccessClaims::read(b"{\"iss\":\"a\",\"iss\":\"a\"}"),
        Err(JoseError::Json)
    );
}

#[test]
fn j07_the_issuer_is_compared_to_the_byte() {
    for other in [
        "https://cloud.example/",
        "https://CLOUD.example",
        "http://cloud.example",
        "",
    ] {
        assert_eq!(
            check(&with(access(), "iss", json!(other))),
            Err(ClaimError::Issuer),
            "{other}"
        );
    }
    assert!(refused(&with(access(), "iss", json!([ISSUER]))) && refused(&without(access(), "iss")));
}

#[test]
fn j08_the_audience_names_this_resource_and_nothing_else_counts() {
    for other in [
        json!("c"),
        json!("https://mcp.example"),
        json!("https://mcp.example/mcp/"),
        json!([]),
        json!(["c", "x"]),
    ] {
        assert_eq!(
            check(&with(access(), "aud", other.clone())),
            Err(ClaimError::Audience),
            "{other}"
        );
    }
    assert_eq!(check(&with(access(), "aud", json!(["x", RESOURCE]))), Ok(()));
    assert!(refused(&without(access(), "aud")) && refused(&with(access(), "aud", json!([RESOURCE, 1]))));
}

#[test]
fn j09_times_are_numbers_and_checked() {
    for bad in [
        json!("1700000300"),
        json!(1e300),
        json!(-1),
        json!(null),
        json!(true),
        json!(u64::MAX),
    ] {
        for name in ["exp", "iat", "nbf"] {
            assert!(refused(&with(access(), name, bad.clone())), "{name} {bad}");
        }
    }
    assert!(refused(&without(access(), "exp")) && refused(&without(access(), "iat")));
    for (name, value, expected) in [
        ("exp", NOW - 59, Ok(())),
        ("exp", NOW - 60, Err(ClaimError::Over)),
        ("nbf", NOW + 60, Ok(())),
        ("nbf", NOW + 61, Err(ClaimError::Early)),
        ("iat", NOW + 60, Ok(())),
        ("iat", NOW + 61, Err(ClaimError::Early)),
    ] {
        assert_eq!(check(&with(access(), name, json!(value))), expected, "{name} {value}");
    }
    assert_eq!(check(&with(access(), "exp", json!(1_700_000_300.5))), Ok(()));
}

#[test]
fn j10_subject_client_and_name_are_there() {
    for name in ["sub", "client_id", "jti"] {
        assert_eq!(
            check(&with(access(), name, json!(""))),
            Err(ClaimError::Empty),
            "{name}"
        );
        assert!(
            refused(&with(access(), name, json!(7))) && refused(&without(access(), name)),
            "{name}"
        );
    }
}

#[test]
fn the_scope_is_one_text() {
    assert!(refused(&with(access(), "scope", json!(["notes:read"]))));
    assert!(refused(&with(access(), "scope", json!("a".repeat(129)))));
    assert_eq!(check(&without(access(), "scope")), Ok(()));
}

#[test]
fn m10_id_tokens_are_checked_against_client_nonce_and_time() {
    let good =
        json!({"iss": ISSUER, "sub": "u1", "aud": "c", "exp": NOW + 300, "iat": NOW, "nonce": "n", "email": "a@b"});
    let check = |claims: Value| {
        let claims = IdClaims::read(claims.to_string().as_bytes()).expect("readable");
        claims.check(&IdExpectation {
            issuer: ISSUER,
            client_id: "c",
            nonce: Some("n"),
            now: NOW,
        })
    };
    assert_eq!(check(good.clone()), Ok(()));
    assert_eq!(check(with(good.clone(), "iss", json!("x"))), Err(ClaimError::Issuer));
    assert_eq!(check(with(good.clone(), "aud", json!("x"))), Err(ClaimError::Audience));
    assert_eq!(
        check(with(good.clone(), "aud", json!(["c", "x"]))),
        Err(ClaimError::Audience)
    );
    assert_eq!(
        check(with(with(good.clone(), "aud", json!(["c", "x"])), "azp", json!("c"))),
        Ok(())
    );
    assert_eq!(check(with(good.clone(), "azp", json!("x"))), Err(ClaimError::Audience));
    assert_eq!(check(with(good.clone(), "exp", json!(NOW - 60))), Err(ClaimError::Over));
    assert_eq!(check(with(good.clone(), "nonce", json!("m"))), Err(ClaimError::Nonce));
    assert_eq!(check(without(good.clone(), "nonce")), Err(ClaimError::Nonce));
    let read = IdClaims::read(good.to_string().as_bytes()).expect("readable");
    assert_eq!(read.others.get("email"), Some(&json!("a@b")));
    assert_eq!(serde_json::to_value(read).expect("writable"), good);
}

#[test]
fn the_token_hash_of_the_specification_holds() {
    // OpenID Connect Core, appendix A.3.
    assert_eq!(
        token_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", Algorithm::Rs256),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
    assert_eq!(token_hash("x", Algorithm::Es384).len(), 32);
    assert_eq!(token_hash("x", Algorithm::EdDsa).len(), 43);
}

proptest! {
    #[test]
    fn a_token_is_good_exactly_while_it_lives(exp in 0_i64..4_000_000_000, iat in 0_i64..4_000_000_000) {
        let claims = with(with(access(), "exp", json!(exp)), "iat", json!(iat));
        let live = NOW < exp + LEEWAY_S && iat <= NOW + LEEWAY_S;
        prop_assert_eq!(check(&claims).is_ok(), live);
    }

    #[test]
    fn any_payload_is_read_or_refused(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(AccessClaims::read(&payload).is_err());
    }
}
