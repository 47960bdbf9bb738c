use std::time::Duration;

use metrics::counter;
use nc_proto::ocm::{Grant, TokenAnswer, TokenAnswerError, TokenForm};
use nc_store::InShareState;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::{
    Token, TokenError,
    lease::{LEASE_S, Lease},
    stored,
};
use crate::{
    Ocm, OcmError,
    net::{Freshness, PeerAnswer},
    receiver::{
        document::{Mode, Way},
        opened::{Opened, seal_text, token_place},
    },
};

/// First wait after a failure; each further one doubles it.
const BACKOFF_S: i64 = 5;
/// The longest one.
const LONGEST_BACKOFF_S: i64 = 15 * 60;

const FORM: &str = "application/x-www-form-urlencoded";

/// Why an exchange gave nothing. The words are labels of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// `invalid_grant`: the other server knows the secret no more.
    Refused,
    /// It wants something else from us.
    Configuration,
    /// What it answered is no token.
    Malformed,
    /// It failed, or did not answer.
    Transient,
    /// It has no token endpoint, or none that may be used.
    NoEndpoint,
}

impl Failure {
    const fn word(self) -> &'static str {
        match self {
            Self::Refused => "invalid_grant",
            Self::Configuration => "configuration",
            Self::Malformed => "malformed",
            Self::Transient => "transient",
            Self::NoEndpoint => "no_endpoint",
        }
    }
}

/// Asks for the next token, and stores what came of it.
pub(super) async fn run(ocm: &Ocm, lease: Lease) -> Result<Token, TokenError> {
    // From before the request: then the token never counts for longer than the other server means.
    let asked_at = ocm.now();
    // After that the lease is somebody else's to take, who would ask as well.
    let asked = timeout(Duration::from_secs(u64::from(LEASE_S) - 1), ask(ocm, &lease.share)).await;
    let outcome = asked.unwrap_or(Ok(Err(Failure::Transient)))?;
    counter!("ocm_exchanges_total", "result" => outcome.as_ref().map_or_else(|failure| failure.word(), |_| "ok"))
        .increment(1);
    match outcome {
        Ok(answer) => store(ocm, lease, &answer, asked_at).await,
        Err(failure) => give_up(ocm, lease, failure).await,
    }
}

async fn ask(ocm: &Ocm, share: &Opened) -> Result<Result<TokenAnswer, Failure>, OcmError> {
    let host = share.host()?;
    let Some(code) = share.secret(ocm)? else {
        return Ok(Err(Failure::Refused));
    };
    let Ok(peer) = ocm.peer(&host, share.document.plain_http, Freshness::Hour).await else {
        return Ok(Err(Failure::Transient));
    };
    let Some(endpoint) = peer.discovery.token_end_point.clone() else {
        return Ok(Err(Failure::NoEndpoint));
    };
    let form = TokenForm {
        grant: Grant::AuthorizationCode,
        client_id: ocm.own_host().to_string(),
        code,
    };
    let body = form.encode().expose_secret().as_bytes().to_vec();
    let posted = ocm.post_signed(&peer, &endpoint, FORM, body).await;
    Ok(match posted {
        Ok(answer) => read(&answer),
        Err(error) => {
            tracing::debug!(host = %host, error = &error as &dyn std::error::Error, "a token endpoint did not answer");
            Err(Failure::Transient)
        }
    })
}

fn read(answer: &PeerAnswer) -> Result<TokenAnswer, Failure> {
    TokenAnswer::parse(answer.status.as_u16(), Some(&answer.content_type()), &answer.body).map_err(
        |error| match error {
            TokenAnswerError::Permanent => Failure::Refused,
            TokenAnswerError::Configuration => Failure::Configuration,
            TokenAnswerError::Transient => Failure::Transient,
            TokenAnswerError::Malformed => Failure::Malformed,
        },
    )
}

/// Compare and set: who was overtaken takes what the other one stored.
async fn store(ocm: &Ocm, lease: Lease, answer: &TokenAnswer, asked_at: i64) -> Result<Token, TokenError> {
    let id = &lease.share.record.id;
    let unit = ocm.0.store.begin().await?;
    let mut share = Opened::of(unit.find_in_share(id).await?.ok_or(TokenError::Gone)?)?;
    if !share.is_there(ocm.now()) {
        return Err(TokenError::Gone);
    }
    if share.record.token_generation != lease.generation {
        return stored(ocm, &share)?.ok_or(TokenError::Unavailable { retry_after_s: None });
    }
    let token = Token {
        text: answer.access_token.clone(),
        generation: lease.generation + 1,
        expires_at: asked_at + answer.expires_in,
        life_s: answer.expires_in,
    };
    share.record.token_sealed = Some(seal_text(ocm, &token_place(id), &token.text)?);
    share.record.token_expires_at = Some(token.expires_at);
    share.record.token_generation = token.generation;
    share.record.lease_owner = None;
    share.record.lease_until = None;
    share.record.failures = 0;
    share.record.backoff_until = None;
    share.document.token_life_s = Some(token.life_s);
    share.document.way = Some(Way::Token);
    if share.document.mode == Mode::Legacy {
        share.document.mode = Mode::Optional;
    }
    unit.update_in_share(&share.to_record()?).await?;
    unit.commit().await?;
    ocm.0.receiver.remember(id, &token);
    Ok(token)
}

async fn give_up(ocm: &Ocm, lease: Lease, failure: Failure) -> Result<Token, TokenError> {
    let id = &lease.share.record.id;
    let unit = ocm.0.store.begin().await?;
    let mut share = Opened::of(unit.find_in_share(id).await?.ok_or(TokenError::Gone)?)?;
    if share.record.token_generation != lease.generation {
        return stored(ocm, &share)?.ok_or(TokenError::Unavailable { retry_after_s: None });
    }
    if share.record.lease_owner.as_deref() != Some(&lease.owner) {
        return Err(TokenError::Unavailable { retry_after_s: None });
    }
    let wait_s = backoff_s(share.record.failures, ocm.0.random.bytes::<1>()?[0]);
    share.record.lease_owner = None;
    share.record.lease_until = None;
    share.record.failures += 1;
    share.record.backoff_until = Some(ocm.now() + wait_s);
    if failure == Failure::Refused {
        match share.document.mode {
            Mode::Strict => share.record.state = InShareState::AuthFailed,
            Mode::Optional | Mode::Legacy => share.document.is_exchange_refused = true,
        }
    }
    unit.update_in_share(&share.to_record()?).await?;
    unit.commit().await?;
    ocm.0.receiver.forget(id);
    tracing::info!(host = %share.record.sender_host, result = failure.word(), "no access token for a share");
    Err(match failure {
        Failure::Refused => TokenError::Refused,
        _ => TokenError::Unavailable {
            retry_after_s: u32::try_from(wait_s).ok(),
        },
    })
}

/// Five seconds, doubled with each failure before, up to a quarter of an hour; then up to a fifth less, so that not all come at once.
fn backoff_s(failures: i64, jitter: u8) -> i64 {
    let doublings = u32::try_from(failures.clamp(0, 8)).unwrap_or_default();
    let whole = (BACKOFF_S << doublings).min(LONGEST_BACKOFF_S);
    whole - whole * i64::from(jitter) / (5 * 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocm_n082_waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = (0..10).map(|failures| backoff_s(failures, 0)).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(backoff_s(i64::MAX, 0), 900);
        for failures in 0..10 {
            let (longest, shortest) = (backoff_s(failures, 0), backoff_s(failures, 255));
            assert!(shortest * 5 >= longest * 4 && shortest <= longest && shortest > 0);
        }
    }
}
