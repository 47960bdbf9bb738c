//! The life of keys as a rule: what is to change now. Pure.

use std::time::Duration;

use nc_proto::oauth::jose::Algorithm;
use nc_store::{KeyRecord, KeyState};

const DAY: Duration = Duration::from_hours(24);

/// How keys are made and how long they live.
#[derive(Debug, Clone)]
pub struct KeyOptions {
    /// The algorithms that tokens are signed with; a key for each is made at first start.
    pub algorithms: Vec<Algorithm>,
    /// The size of RSA keys: 2048, 3072 or 4096.
    pub rsa_bits: u16,
    /// How long a key is published before it signs.
    pub published_before: Duration,
    /// How long a key signs.
    pub active_for: Duration,
    /// How long a retired key stays published: longer than any token that it signed, and a day.
    pub retired_for: Duration,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa],
            rsa_bits: 4096,
            published_before: DAY,
            active_for: 90 * DAY,
            // Access tokens live 15 minutes at most, ID tokens five.
            retired_for: Duration::from_mins(15) + DAY,
        }
    }
}

/// One step of a key's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a key that signs at once, since none does.
    MakeActive(Algorithm),
    /// Make a key that is published and will sign later.
    MakeNext(Algorithm),
    /// Let it sign.
    Activate(String),
    /// Let it no longer sign.
    Retire(String),
    /// Remove it.
    Remove(String),
}

impl Step {
    /// The algorithm of the key that has to be made for it.
    pub(super) fn makes(&self) -> Option<Algorithm> {
        match self {
            Self::MakeActive(algorithm) | Self::MakeNext(algorithm) => Some(*algorithm),
            Self::Activate(_) | Self::Retire(_) | Self::Remove(_) => None,
        }
    }
}

/// What is to change for the keys that time has done something to. `rotate` asks for a successor of every active key.
pub(super) fn plan(keys: &[KeyRecord], now: i64, options: &KeyOptions, rotate: bool) -> Vec<Step> {
    let since = |key: &KeyRecord, duration: Duration| {
        now >= key
            .changed_at
            .saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    };
    let mut steps: Vec<Step> = keys
        .iter()
        .filter(|key| key.state == KeyState::Retired && since(key, options.retired_for))
        .map(|key| Step::Remove(key.kid.clone()))
        .collect();
    for algorithm in &options.algorithms {
        let of = |state: KeyState| {
            keys.iter()
                .filter(move |key| key.algorithm == algorithm.name() && key.state == state)
        };
        let actives: Vec<&KeyRecord> = of(KeyState::Active).collect();
        let next = of(KeyState::Next).next();
        let retire = |steps: &mut Vec<Step>| {
            steps.extend(actives.iter().map(|key| Step::Retire(key.kid.clone())));
        };
        match (actives.last(), next) {
            (None, None) => steps.push(Step::MakeActive(*algorithm)),
            // Nothing signs: better a key that some do not know yet than none.
            (None, Some(next)) => steps.push(Step::Activate(next.kid.clone())),
            (Some(_), Some(next)) if since(next, options.published_before) => {
                retire(&mut steps);
                steps.push(Step::Activate(next.kid.clone()));
            }
            (Some(_), Some(_)) => {}
            (Some(active), None) => {
                let remaining = options.active_for.saturating_sub(options.published_before);
                if rotate || since(active, remaining) {
                    steps.push(Step::MakeNext(*algorithm));
                }
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 24 * 60 * 60;

    fn options() -> KeyOptions {
        KeyOptions {
            algorithms: vec![Algorithm::Es256],
            ..KeyOptions::default()
        }
    }

    fn key(kid: &str, state: KeyState, changed_at: i64) -> KeyRecord {
        KeyRecord {
            kid: kid.to_owned(),
            algorithm: "ES256".to_owned(),
            state,
            sealed: Vec::new(),
            public: String::new(),
            created_at: changed_at,
            changed_at,
        }
    }

    fn steps(keys: &[KeyRecord], now: i64) -> Vec<Step> {
        plan(keys, now, &options(), false)
    }

    #[test]
    fn a_key_is_made_only_where_none_signs() {
        assert_eq!(steps(&[], 0), [Step::MakeActive(Algorithm::Es256)]);
        assert_eq!(steps(&[key("a", KeyState::Active, 0)], 0), []);
        let retired = key("a", KeyState::Retired, 0);
        assert_eq!(steps(&[retired], 0), [Step::MakeActive(Algorithm::Es256)]);
        assert_eq!(plan(&[], 0, &KeyOptions::default(), false).len(), 3);
    }

    #[test]
    fn a_successor_is_published_a_day_before_it_signs() {
        let active = key("a", KeyState::Active, 0);
        assert_eq!(steps(std::slice::from_ref(&active), 89 * DAY_S - 1), []);
        assert_eq!(
            steps(std::slice::from_ref(&active), 89 * DAY_S),
            [Step::MakeNext(Algorithm::Es256)]
        );
        let both = [active, key("b", KeyState::Next, 89 * DAY_S)];
        assert_eq!(steps(&both, 90 * DAY_S - 1), []);
        assert_eq!(
            steps(&both, 90 * DAY_S),
            [Step::Retire("a".to_owned()), Step::Activate("b".to_owned())]
        );
    }

    #[test]
    fn a_retired_key_stays_for_the_longest_token_and_a_day() {
        let keys = [key("a", KeyState::Retired, 0), key("b", KeyState::Active, 0)];
        assert_eq!(steps(&keys, DAY_S + 15 * 60 - 1), []);
        assert_eq!(steps(&keys, DAY_S + 15 * 60), [Step::Remove("a".to_owned())]);
    }

    #[test]
    fn rotation_goes_through_the_ring_and_not_twice() {
        let active = key("a", KeyState::Active, 0);
        assert_eq!(
            plan(std::slice::from_ref(&active), 5, &options(), true),
            [Step::MakeNext(Algorithm::Es256)]
        );
        let both = [active, key("b", KeyState::Next, 5)];
        assert_eq!(plan(&both, 6, &options(), true), []);
        assert_eq!(
            steps(&both, 5 + DAY_S),
            [Step::Retire("a".to_owned()), Step::Activate("b".to_owned())]
        );
    }

    #[test]
    fn a_lost_active_key_is_replaced_by_the_next_at_once() {
        assert_eq!(
            steps(&[key("b", KeyState::Next, 0)], 0),
            [Step::Activate("b".to_owned())]
        );
    }
}
