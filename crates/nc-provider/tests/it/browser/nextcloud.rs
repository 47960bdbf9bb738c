//! Another Nextcloud, played: people sign in there and it gives app passwords, which it counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use nc_auth::{LoginName, UserId};
use nc_provider::{
    Directory, DirectoryError, ElsewhereAccounts, GrantedElsewhere, Person, PolledElsewhere, StartedElsewhere,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::machine::world::People;

/// What it can be told to fail at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failing {
    Start,
    Poll,
    Keep,
    Forget,
    Find,
}

pub(crate) struct Nextcloud {
    people: Arc<People>,
    state: Mutex<State>,
    polls: AtomicUsize,
    /// Polls wait here for a permit.
    gate: Semaphore,
    /// Whoever takes an app password back waits here for a permit.
    forgetting: Semaphore,
    waiting_to_forget: AtomicUsize,
    keeps: AtomicUsize,
}

#[derive(Default)]
struct State {
    number: usize,
    /// Tokens of sign-ins that are not fetched yet; who signed in.
    flows: BTreeMap<String, Option<String>>,
    refused: BTreeSet<String>,
    /// App passwords that are good, and whose.
    alive: BTreeMap<String, String>,
    /// What our side keeps: subject and app password.
    kept: BTreeMap<String, String>,
    failing: BTreeSet<Failing>,
    login_scheme: Option<String>,
}

/// What fetches the outcome of the sign-in that this page is of.
fn poll_token(login_url: &str) -> String {
    let (_, number) = login_url.rsplit_once("/page-").expect("a sign-in page");
    format!("poll-token-{number}")
}

fn failed() -> DirectoryError {
    DirectoryError(Box::new(std::io::Error::other("the Nextcloud is away")))
}

impl Nextcloud {
    pub(crate) fn new(people: Arc<People>) -> Self {
        Self {
            people,
            state: Mutex::default(),
            polls: AtomicUsize::new(0),
            gate: Semaphore::new(1000),
            forgetting: Semaphore::new(1000),
            waiting_to_forget: AtomicUsize::new(0),
            keeps: AtomicUsize::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    /// A person opens the sign-in page, signs in and agrees.
    pub(crate) fn grant(&self, login_url: &str, uid: &str) {
        let token = poll_token(login_url);
        let flow = self.state().flows.insert(token, Some(uid.to_owned()));
        assert_eq!(flow, Some(None), "not a sign-in page that is open: {login_url}");
    }

    pub(crate) fn refuse(&self, login_url: &str) {
        self.state().refused.insert(poll_token(login_url));
    }

    pub(crate) fn fail_at(&self, what: Failing) {
        self.state().failing.insert(what);
    }

    pub(crate) fn work_again(&self) {
        self.state().failing.clear();
    }

    pub(crate) fn name_page_with(&self, scheme: &str) {
        self.state().login_scheme = Some(scheme.to_owned());
    }

    /// How many app passwords are good.
    pub(crate) fn alive(&self) -> usize {
        self.state().alive.len()
    }

    /// How many are kept by our side, of which each is good.
    pub(crate) fn kept(&self) -> usize {
        let state = self.state();
        assert!(state.kept.values().all(|password| state.alive.contains_key(password)));
        state.kept.len()
    }

    /// How often it was asked what came of a sign-in.
    pub(crate) fn polls(&self) -> usize {
        self.polls.load(Ordering::SeqCst)
    }

    /// From now on a poll waits, until `let_polls_go`.
    pub(crate) fn hold_polls(&self) {
        self.gate.forget_permits(1000);
    }

    pub(crate) fn let_polls_go(&self) {
        self.gate.add_permits(1000);
    }

    /// From now on nothing is taken back, until `let_forgetting_go`.
    pub(crate) fn hold_forgetting(&self) {
        self.forgetting.forget_permits(1000);
    }

    pub(crate) fn let_forgetting_go(&self) {
        self.forgetting.add_permits(1000);
    }

    /// How often it was asked to take one back.
    pub(crate) fn asked_to_forget(&self) -> usize {
        self.waiting_to_forget.load(Ordering::SeqCst)
    }

    /// How often our side was asked to keep one.
    pub(crate) fn asked_to_keep(&self) -> usize {
        self.keeps.load(Ordering::SeqCst)
    }

    fn check(&self, what: Failing) -> Result<(), DirectoryError> {
        if self.state().failing.contains(&what) {
            return Err(failed());
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Directory for Nextcloud {
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        self.check(Failing::Find)?;
        self.people.find_person(uid).await
    }
}

#[async_trait::async_trait]
impl ElsewhereAccounts for Nextcloud {
    fn nextcloud(&self) -> String {
        "nextcloud.example:8443".to_owned()
    }

    fn user_agent(&self) -> String {
        "Example (mcp.example)".to_owned()
    }

    async fn start(&self) -> Result<StartedElsewhere, DirectoryError> {
        self.check(Failing::Start)?;
        let mut state = self.state();
        state.number += 1;
        let token = format!("poll-token-{}", state.number);
        state.flows.insert(token.clone(), None);
        let scheme = state.login_scheme.clone().unwrap_or_else(|| "https".to_owned());
        Ok(StartedElsewhere {
            login_url: format!("{scheme}://nextcloud.example:8443/login/v2/flow/page-{}", state.number),
            token: SecretString::from(token),
        })
    }

    async fn poll(&self, token: &SecretString) -> Result<PolledElsewhere, DirectoryError> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.acquire().await);
        self.check(Failing::Poll)?;
        let mut state = self.state();
        let token = token.expose_secret();
        if state.refused.contains(token) {
            return Ok(PolledElsewhere::Ended);
        }
        let Some(uid) = state.flows.get(token).cloned().flatten() else {
            return Ok(PolledElsewhere::Pending);
        };
        state.flows.remove(token);
        state.number += 1;
        let password = format!("app-password-{}", state.number);
        state.alive.insert(password.clone(), uid.clone());
        Ok(PolledElsewhere::Granted(GrantedElsewhere {
            login: LoginName::new(format!("{uid}@home.example")),
            uid: UserId::new(uid),
            app_password: SecretString::from(password),
        }))
    }

    async fn keep(&self, subject: &str, granted: GrantedElsewhere) -> Result<(), DirectoryError> {
        self.keeps.fetch_add(1, Ordering::SeqCst);
        self.check(Failing::Keep)?;
        let mut state = self.state();
        let password = granted.app_password.expose_secret().to_owned();
        if let Some(before) = state.kept.insert(subject.to_owned(), password) {
            state.alive.remove(&before);
        }
        Ok(())
    }

    async fn discard(&self, granted: GrantedElsewhere) -> Result<(), DirectoryError> {
        self.state().alive.remove(granted.app_password.expose_secret());
        Ok(())
    }

    async fn forget(&self, subject: &str) -> Result<(), DirectoryError> {
        self.waiting_to_forget.fetch_add(1, Ordering::SeqCst);
        drop(self.forgetting.acquire().await);
        self.check(Failing::Forget)?;
        let mut state = self.state();
        if let Some(password) = state.kept.remove(subject) {
            state.alive.remove(&password);
        }
        Ok(())
    }
}
