//! What may be done with keys at a time. Pure.

use nc_store::{KeyRecord, KeyState};

use super::{KEY_SET_REMEMBERED_S, KeyKind};

/// One step of a key's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Let it sign.
    Activate(String),
    /// Let it sign no more.
    Retire(String),
    /// Remove it.
    Remove(String),
}

/// What is done, and what has to wait: a key and the time from which on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) waiting: Vec<(String, i64)>,
}

/// The kinds that have no pending key.
pub(super) fn to_stage(keys: &[KeyRecord]) -> Vec<KeyKind> {
    let is_pending = |kind: KeyKind| keys.iter().any(|key| is(key, kind, KeyState::Next));
    KeyKind::IN_SET.into_iter().filter(|kind| !is_pending(*kind)).collect()
}

/// Pending keys sign, and those that signed retire. A key that not everybody knows yet waits, unless `forced`.
pub(super) fn to_activate(keys: &[KeyRecord], now: i64, forced: bool) -> Plan {
    let mut plan = Plan::default();
    for kind in KeyKind::IN_SET {
        let Some(next) = keys.iter().find(|key| is(key, kind, KeyState::Next)) else {
            continue;
        };
        let known_at = activates_at(next);
        if !forced && now < known_at {
            plan.waiting.push((next.kid.clone(), known_at));
            continue;
        }
        let active = keys.iter().filter(|key| is(key, kind, KeyState::Active));
        plan.steps.extend(active.map(|key| Step::Retire(key.kid.clone())));
        plan.steps.push(Step::Activate(next.kid.clone()));
    }
    plan
}

/// Retiring keys go. One that signed something that may still be good waits, unless `forced`.
pub(super) fn to_remove(keys: &[KeyRecord], now: i64, token_ttl_s: i64, forced: bool) -> Plan {
    let mut plan = Plan::default();
    for key in keys.iter().filter(|key| key.state == KeyState::Retired) {
        let gone_at = removes_at(key, token_ttl_s);
        if forced || now >= gone_at {
            plan.steps.push(Step::Remove(key.kid.clone()));
        } else {
            plan.waiting.push((key.kid.clone(), gone_at));
        }
    }
    plan
}

/// From when on everybody knows a pending key.
pub(super) const fn activates_at(key: &KeyRecord) -> i64 {
    key.changed_at.saturating_add(KEY_SET_REMEMBERED_S)
}

/// From when on nothing is good that a retired key signed.
pub(super) const fn removes_at(key: &KeyRecord, token_ttl_s: i64) -> i64 {
    let longest = if token_ttl_s > KEY_SET_REMEMBERED_S {
        token_ttl_s
    } else {
        KEY_SET_REMEMBERED_S
    };
    key.changed_at.saturating_add(longest)
}

fn is(key: &KeyRecord, kind: KeyKind, state: KeyState) -> bool {
    key.state == state && key.algorithm == kind.algorithm()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, algorithm: &str, state: KeyState, changed_at: i64) -> KeyRecord {
        KeyRecord {
            kid: kid.to_owned(),
            algorithm: algorithm.to_owned(),
            state,
            sealed: Vec::new(),
            public: String::new(),
            created_at: 0,
            changed_at,
        }
    }

    #[test]
    fn each_kind_has_one_pending_key_at_most_and_rsa_none() {
        assert_eq!(to_stage(&[]), KeyKind::IN_SET);
        let pending = key("a", "ES256", KeyState::Next, 0);
        assert_eq!(to_stage(&[pending]), KeyKind::IN_SET[1..]);
    }

    #[test]
    fn a_pending_key_waits_until_everybody_knows_it() {
        let keys = [
            key("a", "ES256", KeyState::Active, 0),
            key("b", "ES256", KeyState::Next, 1000),
            key("c", "Ed25519", KeyState::Active, 0),
            key("r", "rsa-sha512", KeyState::Active, 0),
        ];
        let activated = [Step::Retire("a".to_owned()), Step::Activate("b".to_owned())];
        let early = to_activate(&keys, 4599, false);
        assert_eq!(early.waiting, [("b".to_owned(), 4600)]);
        assert!(early.steps.is_empty());
        assert_eq!(to_activate(&keys, 4600, false).steps, activated);
        assert_eq!(to_activate(&keys, 1000, true).steps, activated);
    }

    #[test]
    fn a_retired_key_stays_as_long_as_what_it_signed() {
        let keys = [
            key("a", "ES256", KeyState::Retired, 1000),
            key("b", "ES256", KeyState::Active, 1000),
        ];
        let removed = [Step::Remove("a".to_owned())];
        assert_eq!(to_remove(&keys, 4599, 600, false).waiting, [("a".to_owned(), 4600)]);
        assert_eq!(to_remove(&keys, 4600, 600, false).steps, removed);
        assert!(to_remove(&keys, 4600, 7200, false).steps.is_empty());
        assert_eq!(to_remove(&keys, 1000, 600, true).steps, removed);
    }
}
