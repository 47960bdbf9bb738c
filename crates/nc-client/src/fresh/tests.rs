use std::sync::atomic::AtomicUsize;

use super::*;
use crate::Subject;

fn clock() -> Clock {
    Clock::manual(OffsetDateTime::UNIX_EPOCH)
}

fn passing() -> Error {
    Error::Maintenance { retry_after: None }
}

async fn count(asked: &AtomicUsize) -> usize {
    // Lets others come and wait.
    tokio::task::yield_now().await;
    asked.fetch_add(1, Ordering::SeqCst) + 1
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let (fresh, asked, clock) = (Fresh::<usize>::default(), AtomicUsize::new(0), clock());
    let ask = || fresh.get(&clock, |_| async { Ok(Fetched::New(count(&asked).await, None)) });
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    assert_eq!((*a.expect("a"), *b.expect("b"), *c.expect("c")), (1, 1, 1));
}

#[tokio::test]
async fn many_at_once_share_a_failure_but_the_next_asks_again() {
    let (fresh, asked, clock) = (Fresh::<usize>::default(), AtomicUsize::new(0), clock());
    let ask = || {
        fresh.get(&clock, async |_| {
            count(&asked).await;
            Err(Error::not_found(Subject::named("it")))
        })
    };
    let (a, b) = tokio::join!(ask(), ask());
    assert!(a.is_err() && b.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(ask().await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_value_is_asked_for_again_after_five_minutes_with_its_etag() {
    let (fresh, clock) = (Fresh::<usize>::default(), clock());
    let etag = ETag::parse("abc");
    let first = fresh
        .get(&clock, |_| async { Ok(Fetched::New(1, etag.clone())) })
        .await
        .expect("first");
    clock.advance(Duration::seconds(299));
    let second = fresh
        .get(&clock, |_| async { Ok(Fetched::New(2, None)) })
        .await
        .expect("second");
    assert_eq!((*first, *second), (1, 1));
    clock.advance(Duration::seconds(1));
    let third = fresh.get(&clock, async |known| {
        assert_eq!(known, etag);
        Ok(Fetched::Unchanged)
    });
    assert_eq!(*third.await.expect("third"), 1);
    clock.advance(Duration::seconds(299));
    assert_eq!(
        *fresh
            .get(&clock, |_| async { Ok(Fetched::New(4, None)) })
            .await
            .expect("fourth"),
        1
    );
}

#[tokio::test]
async fn an_old_value_stands_in_for_an_hour_while_the_server_is_away() {
    let (fresh, clock) = (Fresh::<usize>::default(), clock());
    fresh
        .get(&clock, |_| async { Ok(Fetched::New(1, None)) })
        .await
        .expect("first");
    clock.advance(Duration::minutes(30));
    assert_eq!(*fresh.get(&clock, |_| async { Err(passing()) }).await.expect("old"), 1);
    assert!(fresh.get(&clock, |_| async { Err(Error::Unauthorized) }).await.is_err());
    clock.advance(Duration::minutes(31));
    assert!(fresh.get(&clock, |_| async { Err(passing()) }).await.is_err());
}
