use std::sync::Arc;

use http::StatusCode;
use tokio::sync::Semaphore;

use crate::wire::Wire;

/// Two people add to one file, each under the condition that nobody else did in between.
#[tokio::test]
async fn two_hundred_writers_of_one_shared_file_lose_nothing() {
    const WRITERS: usize = 200;
    let wire = Arc::new(Wire::boot().await);
    wire.put("alice", "/list.txt", "").await;
    wire.give("alice", "/list.txt", "bob", 3).await;
    // All at once, each would lose nearly every race.
    let turns = Arc::new(Semaphore::new(8));
    let tasks = (0..WRITERS).map(|number| {
        let (wire, turns) = (Arc::clone(&wire), Arc::clone(&turns));
        let who = if number % 2 == 0 { "alice" } else { "bob" };
        tokio::spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            loop {
                let read = wire.dav(who, "GET", "/list.txt", "").await;
                assert_eq!(read.status, StatusCode::OK);
                let (text, etag) = (read.text(), read.header("etag"));
                let headers = [("if-match", etag)];
                let path = format!("/remote.php/dav/files/{who}/list.txt");
                let written = wire
                    .send(who, "PUT", &path, &headers, format!("{text}{number}\n"))
                    .await;
                match written.status {
                    StatusCode::NO_CONTENT => break,
                    StatusCode::PRECONDITION_FAILED => {}
                    status => panic!("{status} {}", written.text()),
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let text = wire.read("bob", "/list.txt").await.unwrap();
    let mut numbers: Vec<usize> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..WRITERS).collect::<Vec<_>>());
}

/// Moves across the border in both directions at the same time wait for nobody in a ring.
#[tokio::test]
async fn moves_in_both_directions_end() {
    let wire = Arc::new(Wire::boot().await);
    for (owner, other) in [("alice", "bob"), ("bob", "alice")] {
        wire.make_folder(owner, &format!("/of-{owner}")).await;
        wire.give(owner, &format!("/of-{owner}"), other, 31).await;
    }
    let tasks = (0..20).flat_map(|number| {
        [("alice", "bob"), ("bob", "alice")].map(|(who, other)| {
            let wire = Arc::clone(&wire);
            tokio::spawn(async move {
                wire.put(who, &format!("/{number}.txt"), who).await;
                let target = format!("/of-{other}/{who}-{number}.txt");
                wire.to(who, "MOVE", &format!("/{number}.txt"), &target).await
            })
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), StatusCode::CREATED);
    }
    assert_eq!(wire.list("alice", "/of-bob").await.len(), 20);
    assert_eq!(wire.list("bob", "/of-alice").await.len(), 20);
}
