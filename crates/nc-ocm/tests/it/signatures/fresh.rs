//! When a message was signed, and how often it comes.

use super::*;

#[tokio::test]
async fn ocm_n027_created_has_to_be_a_time() {
    let stage = Stage::start().await;
    let rest = format!(";keyid=\"{}\";tag=\"ocm\"", stage.key_id(K1));
    let now = stage.now();
    for created in [
        String::new(),
        ";created".to_owned(),
        format!(";created=\"{now}\""),
        format!(";created={now}.0"),
        ";created=-1".to_owned(),
        ";created=9007199254740992".to_owned(),
        ";created=999999999999999".to_owned(),
        format!(";created=@{now}"),
    ] {
        let signed = stage
            .draft()
            .with_parameters(format!("{created}{rest}"))
            .sign(&stage.key);
        stage.is_refused_or_junk(&created, signed).await;
    }
}

#[tokio::test]
async fn ocm_n028_what_is_signed_61_s_ahead_is_refused() {
    let stage = Stage::start().await;
    let ahead = stage.draft().with_parameters(stage.parameters_of(stage.now() + 61, K1));
    stage.is_refused("ahead", ahead.sign(&stage.key)).await;
}

#[tokio::test]
async fn ocm_n029_what_was_signed_301_s_ago_is_refused() {
    let stage = Stage::start().await;
    let old = stage
        .draft()
        .with_parameters(stage.parameters_of(stage.now() - 301, K1));
    stage.is_refused("old", old.sign(&stage.key)).await;
}

#[tokio::test]
async fn ocm_n030_between_these_bounds_it_is_accepted() {
    let stage = Stage::start().await;
    for created in [stage.now() + 59, stage.now() + 60, stage.now() - 299, stage.now() - 300] {
        let draft = stage.draft().with_parameters(stage.parameters_of(created, K1));
        stage.is_accepted(draft.sign(&stage.key)).await;
    }
}

#[tokio::test]
async fn ocm_n031_what_has_expired_is_refused() {
    let stage = Stage::start().await;
    let now = stage.now();
    let expiring = |at: i64| {
        let draft = stage.draft();
        let parameters = format!(";expires={at}{}", draft.parameters);
        draft.with_parameters(parameters).sign(&stage.key)
    };
    stage.is_refused("expired", expiring(now - 1)).await;
    stage.is_accepted(expiring(now)).await;
}

#[tokio::test]
async fn the_same_bytes_are_good_once_for_as_long_as_they_could_be_good() {
    let stage = Stage::start().await;
    let ahead = stage.draft().with_parameters(stage.parameters_of(stage.now() + 60, K1));
    let signed = ahead.sign(&stage.key);
    stage.is_accepted(signed.clone()).await;
    for wait in [0, 1, 299, 59] {
        stage.advance(wait);
        stage.is_refused("again", signed.clone()).await;
    }
    stage.advance(1);
    stage.is_refused("after 360 s", signed.clone()).await;
    stage.advance(1);
    stage.is_refused("too old", signed).await;
}

/// Whoever has (r, s) also has (r, n − s), which verifies as well.
#[tokio::test]
async fn a_signature_of_p256_is_not_good_again_with_its_second_half_negated() {
    let stage = Stage::start().await;
    let key = Key::p256();
    stage.peer_says(|answers| answers.keys = serde_json::json!({"keys": [key.jwk(&stage.key_id(K1))]}));
    let draft = stage.draft();
    let first = key.sign(&draft.base());
    let mut other = first.clone();
    let negated = negate(&first[32..]);
    other[32..].copy_from_slice(&negated);
    let signed = draft.sign(&key);
    stage
        .is_accepted(signed.clone().set("signature", draft.member(&first)))
        .await;
    stage
        .is_refused("negated", signed.set("signature", draft.member(&other)))
        .await;

    // It is the replay that is refused and not the form.
    let stage = Stage::start().await;
    stage.peer_says(|answers| answers.keys = serde_json::json!({"keys": [key.jwk(&stage.key_id(K1))]}));
    let draft = stage.draft();
    let mut other = key.sign(&draft.base());
    let negated = negate(&other[32..]);
    other[32..].copy_from_slice(&negated);
    stage
        .is_accepted(draft.sign(&key).set("signature", draft.member(&other)))
        .await;
}

/// n − s for the order n of P-256.
fn negate(s: &[u8]) -> [u8; 32] {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").expect("hex");
    let mut difference = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let value = i32::from(order[at]) - i32::from(s[at]) - borrow;
        borrow = i32::from(value < 0);
        difference[at] = u8::try_from(value.rem_euclid(256)).expect("a byte");
    }
    difference
}
