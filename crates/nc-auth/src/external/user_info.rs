//! Opaque tokens of others, believed because their issuer still answers for them (`userinfo_bearer_validation`).

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use nc_proto::oauth::error::BearerError;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{fetch::FetchError, token::TokenRefusal, verifier::Discovery};

const MAX_BYTES: usize = 64 * 1024;
/// How long an answer is believed.
const GOOD_S: i64 = 60;
/// How long a refusal is.
const BAD_S: i64 = 10;
const ENTRIES: u64 = 10_000;

type Answer = Option<Arc<Map<String, Value>>>;

pub(super) struct UserInfo {
    discovery: Arc<Discovery>,
    known: Cache<[u8; 32], (i64, Answer)>,
}

impl UserInfo {
    pub(super) fn new(discovery: Arc<Discovery>) -> Self {
        let lifetime = Duration::from_secs(GOOD_S.unsigned_abs());
        let known = Cache::builder().max_capacity(ENTRIES).time_to_live(lifetime).build();
        Self { discovery, known }
    }

    /// What the issuer says about a token's user, and until when that is believed.
    pub(super) async fn ask(&self, token: &str) -> Result<(Arc<Map<String, Value>>, i64), TokenRefusal> {
        let now = self.discovery.clock().now().unix_timestamp();
        let key: [u8; 32] = Sha256::digest(token).into();
        let known = self.known.get(&key).filter(|(until, _)| now < *until);
        let (until, answer) = if let Some(known) = known {
            known
        } else {
            let answer = self.fetch(token).await?;
            let until = now + if answer.is_some() { GOOD_S } else { BAD_S };
            self.known.insert(key, (until, answer.clone()));
            (until, answer)
        };
        let claims = answer.ok_or(BearerError::InvalidToken)?;
        Ok((claims, until))
    }

    async fn fetch(&self, token: &str) -> Result<Answer, TokenRefusal> {
        let unavailable = TokenRefusal::Unavailable { retry_after_s: 30 };
        let endpoints = self.discovery.endpoints().await.ok_or_else(|| unavailable.clone())?;
        let url = endpoints.userinfo_endpoint.ok_or(BearerError::InvalidToken)?;
        let fetched = match self.discovery.fetch().get(&url, Some(token), MAX_BYTES).await {
            Ok(fetched) => fetched,
            Err(FetchError::Status(400..=499)) => return Ok(None),
            Err(_) => return Err(unavailable),
        };
        let claims: Option<Map<String, Value>> = serde_json::from_slice(&fetched.body).ok();
        let names_somebody = |claims: &Map<String, Value>| {
            claims
                .get("sub")
                .and_then(Value::as_str)
                .is_some_and(|sub| !sub.is_empty())
        };
        Ok(claims.filter(names_somebody).map(Arc::new))
    }
}
