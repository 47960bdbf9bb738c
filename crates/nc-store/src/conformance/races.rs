use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

use super::{
    Outcome,
    records::{END, NOW, access_token, code, grant, ticket, with_grant},
    units::ended,
};
use crate::{AccessTokenRecord, AuditRecord, Digest, Store, StoreError, TicketKind};

const TASKS: usize = 20;

pub(super) async fn of_twenty_tasks_one_spends_a_code_first(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_code(&code("code")).await?;
    unit.commit().await?;
    let spent = race(&store, |store, _| async move {
        let unit = store.begin().await?;
        let spent = unit.spend_code(Digest::of("code")).await?.expect("the code");
        unit.commit().await?;
        Ok(spent.again)
    });
    let spent = spent.await?;
    assert_eq!(spent.iter().filter(|again| !**again).count(), 1);
    Ok(())
}

pub(super) async fn of_twenty_tasks_one_takes_a_ticket(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.put_ticket(&ticket(TicketKind::PushedRequest, "ticket")).await?;
    unit.commit().await?;
    let taken = race(&store, |store, _| async move {
        let unit = store.begin().await?;
        let key = Digest::of("ticket");
        let taken = unit.take_ticket(TicketKind::PushedRequest, key, NOW).await?;
        unit.commit().await?;
        Ok(taken.is_some())
    });
    assert_eq!(taken.await?.iter().filter(|taken| **taken).count(), 1);
    Ok(())
}

pub(super) async fn of_twenty_tasks_one_sees_a_thing_first(store: Arc<dyn Store>) -> Outcome {
    let seen = race(&store, |store, _| async move {
        let unit = store.begin().await?;
        let first = unit.see_once(Digest::of("jti"), END, NOW).await?;
        unit.commit().await?;
        Ok(first)
    });
    assert_eq!(seen.await?.iter().filter(|first| **first).count(), 1);
    Ok(())
}

pub(super) async fn twenty_tasks_agree_on_a_subject_identifier(store: Arc<dyn Store>) -> Outcome {
    let subjects = race(&store, |store, number| async move {
        let unit = store.begin().await?;
        let fresh = format!("subject {number}");
        let subject = unit.get_subject("https://cloud", "alice", &fresh, NOW).await?;
        unit.commit().await?;
        Ok(subject)
    });
    let subjects = subjects.await?;
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
    Ok(())
}

/// Also where units share a transaction.
pub(super) async fn of_twenty_units_at_once_those_that_fail_fail_alone(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let before = store.verify_audit().await?.good;
    let kept = race(&store, |store, number| async move {
        for turn in 0..10 {
            let name = format!("{number} {turn}");
            let unit = store.begin().await?;
            unit.insert_grant(&grant(&name)).await?;
            unit.insert_access_token(&AccessTokenRecord {
                grant: name.clone(),
                ..access_token(&name)
            })
            .await?;
            unit.append_audit(&AuditRecord {
                at: NOW,
                event: "event".to_owned(),
                document: "{}".to_owned(),
            })
            .await?;
            let ended = match number % 5 {
                0 => {
                    if turn % 2 == 0 {
                        assert!(unit.find_grant(&name).await?.is_some(), "its own changes");
                    }
                    drop(unit);
                    None
                }
                1 => {
                    let again = unit.insert_grant(&grant("grant")).await;
                    Some(ended(unit, again).await)
                }
                _ => Some(unit.commit().await),
            };
            let found = store.find_access_token(Digest::of(&name)).await?;
            match ended {
                None => assert!(found.is_none(), "{name} was given up"),
                Some(Ok(())) => assert!(
                    found.is_some_and(|(_, grant)| grant.id == name),
                    "{name} was told to be made"
                ),
                Some(Err(error)) => assert!(
                    matches!(error, StoreError::Exists) && found.is_none(),
                    "{name}: {error}"
                ),
            }
        }
        Ok(u64::from(number % 5 > 1) * 10)
    });
    let kept: u64 = kept.await?.iter().sum();
    let report = store.verify_audit().await?;
    assert_eq!((report.broken, report.good - before), (None, kept));
    Ok(())
}

pub(super) async fn reads_go_on_while_a_unit_writes(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.revoke_grant("grant", NOW).await?;
    let live = race(&store, |store, _| async move {
        let grant = store.find_grant("grant").await?.expect("the grant");
        Ok(grant.revoked_at.is_none())
    });
    assert!(live.await?.iter().all(|live| *live), "nothing uncommitted is seen");
    unit.commit().await?;
    let live = race(&store, |store, _| async move {
        let grant = store.find_grant("grant").await?.expect("the grant");
        Ok(grant.revoked_at.is_none())
    });
    assert!(
        live.await?.iter().all(|live| !*live),
        "what was committed is seen by all"
    );
    Ok(())
}

/// Does something in many tasks that start together; what each of them got.
pub(super) async fn race<T, F, Work>(store: &Arc<dyn Store>, work: F) -> Result<Vec<T>, StoreError>
where
    T: Send + 'static,
    F: Fn(Arc<dyn Store>, usize) -> Work,
    Work: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let start = Arc::new(Barrier::new(TASKS));
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let (work, start) = (work(Arc::clone(store), number), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            work.await
        });
    }
    tasks.join_all().await.into_iter().collect()
}
