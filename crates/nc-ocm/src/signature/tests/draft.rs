//! Messages that are wrong in one place, and signed as they are: what refuses them is the rule, not the signature.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sfv::{Dictionary, ListEntry, Parser};

use super::*;
use crate::signature::digest;

pub(super) const KEY_ID: &str = "https://sender.example.org/ocm#k1";

pub(super) fn p256() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(SigningAlgorithm::Es256).expect("a key"));
    &KEY
}

#[derive(Clone)]
pub(super) struct Draft {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) covered: String,
    pub(super) parameters: String,
    pub(super) now: i64,
}

impl Draft {
    /// One with nothing wrong.
    pub(super) fn good() -> Self {
        Self {
            method: "POST".to_owned(),
            target: SHARES.to_owned(),
            headers: vec![
                ("content-digest", digest::content_digest(V1_BODY.as_bytes())),
                ("content-length", V1_BODY.len().to_string()),
            ],
            body: V1_BODY.as_bytes().to_vec(),
            covered: COVERED.to_owned(),
            parameters: format!("created={CREATED};keyid=\"{KEY_ID}\";tag=\"ocm\""),
            now: CREATED,
        }
    }

    pub(super) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut this = Self::good();
        change(&mut this);
        this
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
    }

    pub(super) fn input(&self) -> String {
        format!("{};{}", self.covered, self.parameters)
    }

    /// The headers, signed. What cannot be covered is left out of what is signed.
    pub(super) fn sign(&self) -> HeaderMap {
        let pairs: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut headers = headers(&pairs);
        let input = self.input();
        let message = Message {
            method: &self.method,
            target_uri: &self.target,
            headers: &headers,
            body: &self.body,
        };
        let field = format!("sig1={input}");
        let items = match Parser::new(&field)
            .parse::<Dictionary>()
            .ok()
            .and_then(|mut field| field.swap_remove("sig1"))
        {
            Some(ListEntry::InnerList(list)) => list.items,
            _ => Vec::new(),
        };
        let mut base = component::lines(&message, &items).unwrap_or_default();
        base.extend_from_slice(format!("\"@signature-params\": {input}").as_bytes());
        let signature = BASE64_STANDARD.encode(p256().sign(&base).expect("signed"));
        for (name, value) in [("signature-input", field), ("signature", format!("sig1=:{signature}:"))] {
            headers.append(name, HeaderValue::try_from(value).expect("a value"));
        }
        headers
    }

    /// What comes of these headers.
    pub(super) fn judge(&self, headers: &HeaderMap) -> Result<Found, SignatureError> {
        let message = Message {
            method: &self.method,
            target_uri: &self.target,
            headers,
            body: &self.body,
        };
        let rules = Rules {
            now: self.now,
            ..rules()
        };
        read(&message, &rules)
    }

    /// What comes of it with the right key.
    pub(super) fn outcome(&self) -> Result<(), SignatureError> {
        self.verdict(&self.sign())
    }

    pub(super) fn verdict(&self, headers: &HeaderMap) -> Result<(), SignatureError> {
        match self.judge(headers)? {
            Found::Rfc9421(signature) => signature.verify(&key(&p256().public_jwk(signature.claim().key_id()))),
            other => panic!("{other:?}"),
        }
    }

    /// The error that these parameters lead to.
    pub(super) fn fault_of(parameters: &str) -> Option<SignatureError> {
        Self::with(|draft| draft.parameters = parameters.to_owned())
            .outcome()
            .err()
    }
}
