//! RFC 8032 leaves open what a verifier does with points of small order. Here they are refused, so that all verifiers agree and
//! no key is good for every message.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha512};

use super::*;

/// The order of the group, from the lowest word.
const ORDER: [u64; 4] = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000];

/// Every spelling of every point whose order divides 8, as collected by Chalkias, Garillot and Nikolaenko.
const SMALL: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

fn jwk(point: &[u8]) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": "a#k", "x": BASE64_URL_SAFE_NO_PAD.encode(point)})
}

#[test]
fn ocm_n045_keys_of_small_order_are_refused_in_every_spelling() {
    for spelling in SMALL {
        let point = hex::decode(spelling).expect("hex");
        assert_eq!(
            VerifyingKey::from_jwk(&jwk(&point), false).err(),
            Some(KeyError::Unfit),
            "{spelling}"
        );
    }
}

#[test]
fn ocm_n045_a_second_form_of_a_signature_is_refused() {
    let (pair, key) = pair();
    let signature = pair.sign(b"text").as_ref().to_vec();
    assert_eq!(key.verify(b"text", &signature), Ok(()));
    let s = words(&signature[32..]);
    // S + L stands for the same number.
    let (mut second, mut carry) = ([0; 4], 0_u128);
    for at in 0..4 {
        let sum = u128::from(s[at]) + u128::from(ORDER[at]) + carry;
        second[at] = u64::try_from(sum & u128::from(u64::MAX)).expect("a word");
        carry = sum >> 64;
    }
    assert_eq!(
        key.verify(b"text", &with_s(&signature[..32], second)),
        Err(SignatureError::Signature)
    );
    for bad in [
        signature[..63].to_vec(),
        [&signature[..], &[0]].concat(),
        vec![0; 64],
        Vec::new(),
    ] {
        assert_eq!(key.verify(b"text", &bad), Err(SignatureError::Signature));
    }
}

/// With R the neutral point and S = k·a the equation holds. The library believes that; we do not.
#[test]
fn ocm_n045_a_signature_whose_point_has_small_order_is_refused() {
    let (pair, key) = pair();
    let neutral = hex::decode(SMALL[1]).expect("hex");
    let hash = Sha512::digest(SEED);
    let mut private: [u8; 32] = hash[..32].try_into().expect("32 bytes");
    private[0] &= 0xf8;
    private[31] = private[31] & 0x7f | 0x40;
    let challenge = Sha512::new()
        .chain_update(&neutral)
        .chain_update(pair.public_key())
        .chain_update(b"text")
        .finalize();
    let s = product(&challenge, reduced(&private));
    let signature = with_s(&neutral, s);
    let library = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref()).verify(b"text", &signature);
    assert_eq!(library, Ok(()), "so the check of our own is needed");
    assert_eq!(key.verify(b"text", &signature), Err(SignatureError::Signature));
}

const SEED: [u8; 32] = [7; 32];

fn pair() -> (Ed25519KeyPair, VerifyingKey) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a key");
    let key = key(&jwk(pair.public_key().as_ref()));
    (pair, key)
}

fn words(bytes: &[u8]) -> [u64; 4] {
    std::array::from_fn(|at| u64::from_le_bytes(bytes[8 * at..8 * at + 8].try_into().expect("8 bytes")))
}

fn with_s(r: &[u8], s: [u64; 4]) -> Vec<u8> {
    r.iter()
        .copied()
        .chain(s.into_iter().flat_map(u64::to_le_bytes))
        .collect()
}

/// The sum of two numbers below the order, which is below 2^253.
fn sum(one: [u64; 4], other: [u64; 4]) -> [u64; 4] {
    let (mut sum, mut carry) = ([0; 4], false);
    for at in 0..4 {
        let (partial, first) = one[at].overflowing_add(other[at]);
        let (whole, second) = partial.overflowing_add(u64::from(carry));
        (sum[at], carry) = (whole, first || second);
    }
    let (mut less, mut borrow) = ([0; 4], false);
    for at in 0..4 {
        let (partial, first) = sum[at].overflowing_sub(ORDER[at]);
        let (whole, second) = partial.overflowing_sub(u64::from(borrow));
        (less[at], borrow) = (whole, first || second);
    }
    if borrow { sum } else { less }
}

/// A number in bytes from the lowest, times another one, modulo the order.
fn product(number: &[u8], factor: [u64; 4]) -> [u64; 4] {
    let bits = number
        .iter()
        .rev()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    bits.fold([0; 4], |result, bit| {
        let doubled = sum(result, result);
        if bit { sum(doubled, factor) } else { doubled }
    })
}

fn reduced(number: &[u8]) -> [u64; 4] {
    product(number, [1, 0, 0, 0])
}
