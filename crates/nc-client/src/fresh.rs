//! A value that is asked for once and kept for a while, however many ask at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use nc_proto::{clock::Clock, dav::ETag};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use crate::Error;

/// How long answers about the server and the user are believed.
const LIFETIME: Duration = Duration::minutes(5);

/// How long an old value stands in for one that cannot be had for the moment.
const STAND_IN: Duration = Duration::hours(1);

/// A value with its age.
#[derive(Debug)]
pub(crate) struct Fresh<T> {
    state: Mutex<State<T>>,
    /// Counts attempts, so that whoever waited for one takes its result instead of starting another.
    attempts: AtomicU64,
}

#[derive(Debug)]
struct State<T> {
    held: Option<Held<T>>,
    failure: Option<Error>,
}

#[derive(Debug)]
struct Held<T> {
    value: Arc<T>,
    etag: Option<ETag>,
    since: OffsetDateTime,
}

/// What came of asking.
pub(crate) enum Fetched<T> {
    /// A value.
    New(T, Option<ETag>),
    /// The one that was held is still right.
    Unchanged,
}

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                held: None,
                failure: None,
            }),
            attempts: AtomicU64::new(0),
        }
    }
}

impl<T> Fresh<T> {
    /// The value; asks for it if it is missing or too old. All who wait share one answer, also a failure.
    pub(crate) async fn get<F>(&self, clock: &Clock, fetch: impl FnOnce(Option<ETag>) -> F) -> Result<Arc<T>, Error>
    where
        F: Future<Output = Result<Fetched<T>, Error>>,
    {
        let seen = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = clock.now();
        if let Some(held) = &state.held
            && now - held.since < LIFETIME
        {
            return Ok(Arc::clone(&held.value));
        }
        let waited = self.attempts.load(Ordering::Acquire) != seen;
        if let (true, Some(failure)) = (waited, &state.failure) {
            return Err(failure.clone());
        }
        let fetched = fetch(state.held.as_ref().and_then(|held| held.etag.clone())).await;
        self.attempts.fetch_add(1, Ordering::Release);
        state.failure = None;
        match (fetched, state.held.as_mut()) {
            (Ok(Fetched::New(value, etag)), _) => {
                let value = Arc::new(value);
                state.held = Some(Held {
                    value: Arc::clone(&value),
                    etag,
                    since: now,
                });
                Ok(value)
            }
            (Ok(Fetched::Unchanged), Some(held)) => {
                held.since = now;
                Ok(Arc::clone(&held.value))
            }
            // A server in maintenance is no reason to forget what it can do.
            (Err(error), Some(held)) if error.is_passing() && now - held.since < STAND_IN => {
                Ok(Arc::clone(&held.value))
            }
            (Ok(Fetched::Unchanged), None) => Err(Error::bad_answer(
                crate::Subject::named("the account"),
                304,
                "nothing changed, but nothing is known",
            )),
            (Err(error), _) => {
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
