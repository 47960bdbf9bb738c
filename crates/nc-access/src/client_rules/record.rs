use std::collections::BTreeMap;

use nc_proto::oauth::scope_list::ScopeList;
use serde::{Deserialize, Serialize};

use super::Decision;

/// Most clients of one person that are remembered. The one that was not used for longest goes first, unless it was decided
/// about.
const MOST_CLIENTS: usize = 200;

/// What a person decided, and which clients came with tokens of theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonRules {
    /// Since when no client acts for the person, Unix seconds.
    pub paused_at: Option<i64>,
    /// By client id.
    pub clients: BTreeMap<String, ClientRule>,
}

/// What is known and decided about one client of a person. Times are Unix seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientRule {
    /// When it first came with a token.
    pub first_used_at: i64,
    /// When it last did, at most an hour ago.
    pub last_used_at: i64,
    /// Scopes of apps that its tokens had.
    pub scopes: Vec<String>,
    /// Scopes of apps beyond which it may do nothing. `None`: what its tokens say.
    pub ceiling: Option<Vec<String>>,
    /// Since when it does not act for the person.
    pub paused_at: Option<i64>,
    /// Tokens that were issued up to this second are worth nothing.
    pub ended_at: Option<i64>,
}

impl ClientRule {
    /// Whether a token that was issued then is worth nothing. One that does not say when counts as an old one.
    pub(super) fn is_ended(&self, issued_at: Option<i64>) -> bool {
        self.ended_at
            .is_some_and(|ended_at| issued_at.is_none_or(|issued_at| issued_at <= ended_at))
    }

    /// Whether it came with a good token since it was ended, or never was.
    pub fn is_back(&self) -> bool {
        self.ended_at.is_none_or(|ended_at| ended_at < self.last_used_at)
    }

    /// Whether it may do this.
    pub fn allows(&self, scope: &str) -> bool {
        let is_it = |known: &String| known == scope;
        self.ceiling.as_ref().is_none_or(|ceiling| ceiling.iter().any(is_it))
    }

    const fn takes_away(&self) -> bool {
        self.ceiling.is_some() || self.paused_at.is_some() || self.ended_at.is_some()
    }
}

impl PersonRules {
    /// Whether anything in them limits a client.
    pub(super) fn take_away(&self) -> bool {
        self.paused_at.is_some() || self.clients.values().any(ClientRule::takes_away)
    }

    pub(super) fn apply(&mut self, decision: &Decision, now: i64) {
        match decision {
            Decision::Pause => {
                self.paused_at.get_or_insert(now);
            }
            Decision::Resume => self.paused_at = None,
            Decision::PauseClient(client) => {
                self.clients
                    .entry(client.clone())
                    .or_default()
                    .paused_at
                    .get_or_insert(now);
            }
            Decision::ResumeClient(client) => {
                if let Some(rule) = self.clients.get_mut(client) {
                    rule.paused_at = None;
                }
            }
            Decision::Narrow(client, scopes) => {
                let rule = self.clients.entry(client.clone()).or_default();
                rule.ceiling = Some(scopes.iter().map(str::to_owned).collect());
            }
            Decision::Widen(client) => {
                if let Some(rule) = self.clients.get_mut(client) {
                    rule.ceiling = None;
                }
            }
            Decision::End(client) => {
                self.clients.entry(client.clone()).or_default().ended_at = Some(now);
            }
            Decision::Forget(client) => {
                self.clients.remove(client);
            }
        }
    }

    pub(super) fn note_use(&mut self, client: &str, scopes: &ScopeList, now: i64) {
        if !self.clients.contains_key(client) && self.clients.len() >= MOST_CLIENTS {
            let undecided = self.clients.iter().filter(|(_, rule)| !rule.takes_away());
            let Some(oldest) = undecided.min_by_key(|(_, rule)| rule.last_used_at) else {
                return;
            };
            let oldest = oldest.0.clone();
            self.clients.remove(&oldest);
        }
        let rule = self.clients.entry(client.to_owned()).or_default();
        if rule.first_used_at == 0 {
            rule.first_used_at = now;
        }
        rule.last_used_at = now;
        for scope in scopes.iter() {
            if !rule.scopes.iter().any(|known| known == scope) {
                rule.scopes.push(scope.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_clients_those_that_were_decided_about_stay() {
        let mut rules = PersonRules::default();
        rules.apply(&Decision::PauseClient("paused".to_owned()), 1);
        for number in 0..MOST_CLIENTS {
            let at = 10 + i64::try_from(number).expect("small");
            rules.note_use(&format!("client {number}"), &ScopeList::default(), at);
        }
        assert_eq!(rules.clients.len(), MOST_CLIENTS);
        assert!(rules.clients.contains_key("paused"));
        assert!(!rules.clients.contains_key("client 0"));
        assert!(rules.clients.contains_key("client 1"));
    }

    #[test]
    fn a_token_that_does_not_say_when_it_was_issued_counts_as_old() {
        let mut rules = PersonRules::default();
        rules.apply(&Decision::End("client".to_owned()), 100);
        let rule = &rules.clients["client"];
        assert!(rule.is_ended(None) && rule.is_ended(Some(100)));
        assert!(!rule.is_ended(Some(101)));
    }
}
