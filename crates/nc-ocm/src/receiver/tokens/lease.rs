use metrics::counter;
use nc_store::{InShareRecord, InShareState};

use super::{Need, Token, TokenError, stored};
use crate::{Ocm, receiver::opened::Opened};

/// So long nobody else asks. An exchange is given up before, so the lease ends by itself only when its holder has died.
pub(super) const LEASE_S: u16 = 15;

/// The right to ask for the next token of a share.
pub(super) struct Lease {
    /// The share as it was when the lease was taken.
    pub(super) share: Opened,
    /// What makes this lease differ from any other.
    pub(super) owner: String,
    /// The generation that the next token replaces.
    pub(super) generation: i64,
}

pub(super) enum Outcome {
    /// There is a token that will do.
    Enough(Token),
    /// It is ours to ask.
    Taken(Box<Lease>),
    /// Another process asks, for so long at most.
    Wait { left_s: i64 },
}

enum Judged {
    Enough(Token),
    Free(Box<Opened>),
    Held { left_s: i64 },
}

/// Looks first and takes then, for looking keeps nobody up.
pub(super) async fn take(ocm: &Ocm, id: &str, need: Need) -> Result<Outcome, TokenError> {
    match judge(ocm, ocm.0.store.find_in_share(id).await?, need)? {
        Judged::Enough(token) => return Ok(Outcome::Enough(token)),
        Judged::Held { left_s } => return Ok(Outcome::Wait { left_s }),
        Judged::Free(_) => {}
    }
    let unit = ocm.0.store.begin().await?;
    let mut share = match judge(ocm, unit.find_in_share(id).await?, need)? {
        Judged::Enough(token) => return Ok(Outcome::Enough(token)),
        Judged::Held { left_s } => return Ok(Outcome::Wait { left_s }),
        Judged::Free(share) => share,
    };
    let is_takeover = share.record.lease_owner.is_some();
    let owner = ocm.0.random.text::<16>()?;
    share.record.lease_owner = Some(owner.clone());
    share.record.lease_until = Some(ocm.now() + i64::from(LEASE_S));
    unit.update_in_share(&share.record).await?;
    unit.commit().await?;
    if is_takeover {
        counter!("ocm_lease_takeovers_total").increment(1);
    }
    Ok(Outcome::Taken(Box::new(Lease {
        owner,
        generation: share.record.token_generation,
        share: *share,
    })))
}

fn judge(ocm: &Ocm, record: Option<InShareRecord>, need: Need) -> Result<Judged, TokenError> {
    let now = ocm.now();
    let share = Opened::of(record.ok_or(TokenError::Gone)?)?;
    if !share.is_there(now) || share.record.secret_sealed.is_none() {
        return Err(TokenError::Gone);
    }
    if share.record.state == InShareState::AuthFailed || share.document.is_exchange_refused {
        return Err(TokenError::Refused);
    }
    if let Some(token) = stored(ocm, &share)?.filter(|token| token.is_enough(need, now)) {
        return Ok(Judged::Enough(token));
    }
    if let Some(until) = share.record.backoff_until.filter(|until| *until > now) {
        return Err(TokenError::Unavailable {
            retry_after_s: u32::try_from(until - now).ok(),
        });
    }
    match share.record.lease_until.filter(|until| *until >= now) {
        Some(until) => Ok(Judged::Held {
            left_s: until - now + 1,
        }),
        None => Ok(Judged::Free(Box::new(share))),
    }
}
