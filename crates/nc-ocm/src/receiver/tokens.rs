//! Access tokens for shares from other servers. A new one is asked for once, however many requests, tasks and processes need
//! it: they queue inside a process, and a lease in the database decides between processes.

mod exchange;
mod lease;

use std::{fmt, time::Duration};

use metrics::counter;
use secrecy::SecretString;

use super::opened::{Opened, open_text, token_place};
use crate::{Ocm, OcmError};

/// A token that ends sooner than this is not begun with.
const MARGIN_S: i64 = 30;

/// The same before something that can be sent only once.
const LASTING_MARGIN_S: i64 = 120;

/// How long one who waits for another process looks into the database: twelve seconds in all.
const PAUSES_MS: [u64; 4] = [50, 100, 200, 400];
const PAUSES: usize = 32;

/// An access token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: SecretString,
    /// Rises with every token of the share.
    pub(super) generation: i64,
    pub(super) expires_at: i64,
    /// How long it lived when it was new.
    pub(super) life_s: i64,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token(generation {})", self.generation)
    }
}

/// What a token has to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A request now.
    Now,
    /// A request that may take a while and cannot be sent again.
    Lasting,
    /// A request after the token of this generation was refused.
    After(i64),
}

impl Token {
    fn is_enough(&self, need: Need, now: i64) -> bool {
        let margin = match need {
            Need::Now => MARGIN_S.min(self.life_s / 10),
            Need::Lasting => LASTING_MARGIN_S.min(self.life_s / 2),
            Need::After(refused) if self.generation <= refused => return false,
            // It is new to the one who asks: a clock that disagrees is no reason to ask again.
            Need::After(_) => return true,
        };
        self.expires_at - now > margin
    }
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum TokenError {
    /// Perhaps later.
    Unavailable { retry_after_s: Option<u32> },
    /// The other server exchanges this secret no more, for good.
    Refused,
    /// There is no such share, or nothing to exchange.
    Gone,
    /// The cause is here.
    Failed(OcmError),
}

impl<E: Into<OcmError>> From<E> for TokenError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A token for a share: the one that is there, if it is good enough, else a new one.
pub(super) async fn token(ocm: &Ocm, share: &Opened, need: Need) -> Result<Token, TokenError> {
    if let Some(token) = stored(ocm, share)?.filter(|token| token.is_enough(need, ocm.now())) {
        return Ok(token);
    }
    let id = share.record.id.clone();
    let turn = ocm.0.receiver.flight(&id).lock_owned().await;
    let ocm = ocm.clone();
    // On its own, because those behind need the outcome also when the first one stops waiting.
    let work = tokio::spawn(async move {
        let outcome = renew(&ocm, &id, need).await;
        drop(turn);
        outcome
    });
    work.await
        .map_err(|_| OcmError::Internal("an exchange of a secret for a token broke off"))?
}

/// The token in the record, from memory where it is the same.
fn stored(ocm: &Ocm, share: &Opened) -> Result<Option<Token>, OcmError> {
    let record = &share.record;
    let (Some(sealed), Some(expires_at)) = (&record.token_sealed, record.token_expires_at) else {
        return Ok(None);
    };
    let known = ocm.0.receiver.token(&record.id);
    if let Some(token) = known.filter(|token| token.generation == record.token_generation) {
        return Ok(Some(token));
    }
    let token = Token {
        text: open_text(ocm, &token_place(&record.id), sealed)?,
        generation: record.token_generation,
        expires_at,
        life_s: share.document.token_life_s.unwrap_or(MARGIN_S * 10),
    };
    ocm.0.receiver.remember(&record.id, &token);
    Ok(Some(token))
}

/// One at a time in this process.
async fn renew(ocm: &Ocm, id: &str, need: Need) -> Result<Token, TokenError> {
    let mut rest_s = 0;
    for turn in 0..PAUSES {
        match lease::take(ocm, id, need).await? {
            lease::Outcome::Enough(token) => {
                counter!("ocm_refresh_dedup_hits_total").increment(1);
                return Ok(token);
            }
            lease::Outcome::Taken(lease) => return exchange::run(ocm, *lease).await,
            lease::Outcome::Wait { left_s } => rest_s = left_s,
        }
        let pause = PAUSES_MS[turn.min(PAUSES_MS.len() - 1)];
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    Err(TokenError::Unavailable {
        retry_after_s: u32::try_from(rest_s).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(generation: i64, expires_at: i64, life_s: i64) -> Token {
        Token {
            text: SecretString::from("t"),
            generation,
            expires_at,
            life_s,
        }
    }

    #[test]
    fn a_token_is_left_before_it_ends() {
        for (life_s, left_s, now, lasting) in [
            (600, 31, true, false),
            (600, 30, false, false),
            (600, 121, true, true),
            (100, 11, true, false),
            (100, 10, false, false),
            (100, 51, true, true),
            (1, 1, true, true),
            (1, 0, false, false),
        ] {
            let token = token(1, 1000 + left_s, life_s);
            assert_eq!(token.is_enough(Need::Now, 1000), now, "{life_s} {left_s}");
            assert_eq!(token.is_enough(Need::Lasting, 1000), lasting, "{life_s} {left_s}");
        }
    }

    #[test]
    fn after_a_refusal_only_a_later_token_is_enough() {
        let token = token(7, 1000, 600);
        assert!(!token.is_enough(Need::After(7), 10) && !token.is_enough(Need::After(8), 10));
        assert!(token.is_enough(Need::After(6), 2000));
    }

    #[test]
    fn the_wait_for_another_process_is_about_twelve_seconds() {
        let all: u64 = (0..PAUSES).map(|turn| PAUSES_MS[turn.min(PAUSES_MS.len() - 1)]).sum();
        assert!((11_000..=12_000).contains(&all), "{all}");
    }

    #[test]
    fn ocm_n100_a_token_is_not_printed() {
        assert_eq!(format!("{:?}", token(3, 0, 0)), "Token(generation 3)");
    }
}
