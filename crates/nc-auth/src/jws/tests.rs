use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::signer::Signer;

/// RFC 7515 appendix A.2.
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RSA_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const EC_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// RFC 7520 §4: the text, the header's key name, and the keys of §§3.1 and 3.3.
const COOKBOOK_TEXT: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
const COOKBOOK_N: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
const COOKBOOK_RSA: &str = "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
const COOKBOOK_EC: &str = "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";

/// The proof of RFC 9449 §4.1, whose key is in its header.
const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

fn key(value: &Value) -> Jwk {
    Jwk::from_value(value).expect("an acceptable key")
}

fn rsa() -> Jwk {
    key(&json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"}))
}

fn p256() -> Jwk {
    key(
        &json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
    )
}

fn check(token: &str, key: &Jwk) -> Result<(), JwsError> {
    verify(&Compact::read(token).expect("readable"), key)
}

#[test]
fn the_signatures_of_rfc_7515_hold() {
    assert_eq!(
        check(&format!("eyJhbGciOiJSUzI1NiJ9.{JOE}.{RSA_SIGNATURE}"), &rsa()),
        Ok(())
    );
    assert_eq!(
        check(&format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{EC_SIGNATURE}"), &p256()),
        Ok(())
    );
    let p521 = key(&json!({"kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}));
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_eq!(check(token, &p521), Ok(()));
}

/// RFC 7515 appendices A.1 (a shared secret, also RFC 7519 §3.1) and A.5 (no signature).
#[test]
fn the_symmetric_and_unsigned_examples_of_rfc_7515_are_not_even_read() {
    let shared = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    for token in [shared, unsigned] {
        assert!(Compact::read(&token).is_err(), "{token}");
    }
}

#[test]
fn the_signatures_of_rfc_7520_hold() {
    let rsa = key(
        &json!({"kty": "RSA", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "n": COOKBOOK_N,
        "e": "AQAB"}),
    );
    let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    assert_eq!(check(&format!("{header}.{COOKBOOK_TEXT}.{COOKBOOK_RSA}"), &rsa), Ok(()));
    let p521 = key(
        &json!({"kty": "EC", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "crv": "P-521",
        "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
        "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}),
    );
    let header = "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    assert_eq!(check(&format!("{header}.{COOKBOOK_TEXT}.{COOKBOOK_EC}"), &p521), Ok(()));
}

#[test]
fn the_signature_of_rfc_8037_appendix_a_holds() {
    let key = key(&json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(check(token, &key), Ok(()));
}

#[test]
fn the_proof_of_rfc_9449_is_signed_with_the_key_that_it_brings() {
    let proof = nc_proto::oauth::dpop::Proof::read(PROOF).expect("readable");
    assert_eq!(verify(&proof.token, &proof.key), Ok(()));
    assert_eq!(proof.key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(verify(&proof.token, &p256()), Err(JwsError::Signature));
}

#[test]
fn every_algorithm_signs_and_verifies_and_no_other_key_does() {
    let signers: Vec<Signer> = Algorithm::ALL.into_iter().map(Signer::new).collect();
    for signer in &signers {
        let token = signer.sign(&json!({"typ": "at+jwt"}), &json!({"sub": "u"}));
        for other in &signers {
            let outcome = check(&token, &other.jwk());
            let same_key = std::ptr::eq(signer, other);
            assert_eq!(
                outcome.is_ok(),
                same_key,
                "{:?} {:?}",
                signer.algorithm,
                other.algorithm
            );
        }
    }
}

#[test]
fn j11_a_changed_signature_is_refused_however_it_is_changed() {
    let signer = Signer::new(Algorithm::Es256);
    let (token, jwk) = (signer.sign(&json!({}), &json!({"sub": "u"})), signer.jwk());
    let read = Compact::read(&token).expect("readable");
    let with = |signature: Vec<u8>| Compact {
        signature,
        ..read.clone()
    };
    let (r, s) = read.signature.split_at(32);
    let der = [&[0x30, 68, 2, 32], r, &[2, 32], s].concat();
    for bad in [
        read.signature[..63].to_vec(),
        read.signature[..32].to_vec(),
        [&read.signature[..], &[0]].concat(),
        vec![0; 64],
        [s, r].concat(),
        [&[0][..], r, s].concat(),
        [&r[..31], s, &[0]].concat(),
        der,
        vec![0xff; 64],
    ] {
        assert_eq!(verify(&with(bad.clone()), &jwk), Err(JwsError::Signature), "{bad:?}");
    }
    assert_eq!(verify(&read, &jwk), Ok(()));
}

#[test]
fn j12_a_key_that_is_no_point_of_its_curve_verifies_nothing() {
    let signer = Signer::new(Algorithm::Es256);
    let token = signer.sign(&json!({}), &json!({}));
    let mut value = signer.jwk().to_value();
    value["y"] = value["x"].clone();
    assert_eq!(check(&token, &key(&value)), Err(JwsError::Key));
}

#[test]
fn j13_a_key_for_encryption_or_another_algorithm_is_refused_before_the_signature() {
    for (name, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS256")),
        ("alg", json!("ECDH-ES")),
        ("key_ops", json!(["deriveKey"])),
    ] {
        let signer = Signer::new(Algorithm::Es256);
        let token = signer.sign(&json!({}), &json!({}));
        let mut public = signer.jwk().to_value();
        public[name] = value;
        assert_eq!(check(&token, &key(&public)), Err(JwsError::Key), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn j11_every_flipped_bit_is_noticed(index in any::<prop::sample::Index>(), bit in 0_u8..8, kind in 0_usize..3) {
        let algorithm = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es384][kind];
        let signer = Signer::new(algorithm);
        let token = signer.sign(&json!({}), &json!({"sub": "u"}));
        let mut read = Compact::read(&token).expect("readable");
        let at = index.index(read.signature.len());
        read.signature[at] ^= 1 << bit;
        prop_assert_eq!(verify(&read, &signer.jwk()), Err(JwsError::Signature));
    }
}
