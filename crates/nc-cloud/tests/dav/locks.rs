use http::StatusCode;
use nc_proto::dav::{ActiveLock, LockInfo, LockScope, Node};
use time::Duration;

use crate::wire::{HOME, Wire};

async fn lock(wire: &Wire, path: &str, scope: LockScope, depth: &str) -> Result<String, StatusCode> {
    let info = LockInfo {
        scope,
        owner: vec![Node::Text("somebody".to_owned())],
    };
    let headers = [("depth", depth), ("timeout", "Second-60")];
    let answer = wire
        .send("LOCK", &format!("{HOME}{path}"), &headers, info.to_document())
        .await;
    if !answer.status.is_success() {
        return Err(answer.status);
    }
    let [held] = ActiveLock::parse(&answer.body).unwrap().try_into().unwrap();
    assert_eq!(held.owner, info.owner);
    assert_eq!(answer.header("lock-token"), format!("<{}>", held.token));
    Ok(held.token)
}

async fn put(wire: &Wire, path: &str, condition: Option<&str>) -> StatusCode {
    let headers: Vec<_> = condition.iter().map(|condition| ("if", *condition)).collect();
    wire.send("PUT", &format!("{HOME}{path}"), &headers, "changed")
        .await
        .status
}

#[tokio::test]
async fn a_locked_file_changes_only_with_the_token() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "a").await;
    let token = lock(&wire, "/a.txt", LockScope::Exclusive, "0").await.unwrap();
    assert_eq!(put(&wire, "/a.txt", None).await, StatusCode::LOCKED);
    assert_eq!(
        put(&wire, "/a.txt", Some("(<opaquelocktoken:other>)")).await,
        StatusCode::PRECONDITION_FAILED
    );
    // The list holds, but names no token of the lock.
    assert_eq!(
        put(&wire, "/a.txt", Some("(Not <DAV:no-lock>)")).await,
        StatusCode::LOCKED
    );
    assert_eq!(
        put(&wire, "/a.txt", Some(&format!("(<{token}>)"))).await,
        StatusCode::NO_CONTENT
    );
    for method in ["DELETE", "PROPPATCH", "MOVE"] {
        let body = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='y'/></d:prop></d:set></d:propertyupdate>";
        let headers = [("destination", "/remote.php/dav/files/alice/b.txt")];
        let answer = wire.send(method, &format!("{HOME}/a.txt"), &headers, body).await;
        assert_eq!(answer.status, StatusCode::LOCKED, "{method}");
        assert_eq!(answer.error().conditions[0].name.local(), "lock-token-submitted");
    }
    let unlock = |token: String| {
        let wire = &wire;
        async move {
            wire.send("UNLOCK", &format!("{HOME}/a.txt"), &[("lock-token", &token)], "")
                .await
                .status
        }
    };
    assert_eq!(unlock("<opaquelocktoken:other>".to_owned()).await, StatusCode::CONFLICT);
    assert_eq!(unlock(format!("<{token}>")).await, StatusCode::NO_CONTENT);
    assert_eq!(put(&wire, "/a.txt", None).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_deep_lock_covers_what_comes_later_and_a_shallow_one_the_names() {
    let wire = Wire::boot().await;
    wire.make_folder("/deep").await;
    wire.make_folder("/flat").await;
    wire.put("/flat/old.txt", "x").await;
    let deep = lock(&wire, "/deep", LockScope::Exclusive, "infinity").await.unwrap();
    lock(&wire, "/flat", LockScope::Exclusive, "0").await.unwrap();
    assert_eq!(put(&wire, "/deep/new.txt", None).await, StatusCode::LOCKED);
    let tagged = format!("<{HOME}/deep> (<{deep}>)");
    assert_eq!(put(&wire, "/deep/new.txt", Some(&tagged)).await, StatusCode::CREATED);
    assert_eq!(put(&wire, "/deep/new.txt", None).await, StatusCode::LOCKED);
    assert_eq!(put(&wire, "/flat/new.txt", None).await, StatusCode::LOCKED);
    assert_eq!(put(&wire, "/flat/old.txt", None).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn exclusive_locks_exclude_and_shared_ones_share() {
    let wire = Wire::boot().await;
    wire.make_folder("/f").await;
    wire.put("/f/a.txt", "x").await;
    let first = lock(&wire, "/f/a.txt", LockScope::Shared, "0").await.unwrap();
    let second = lock(&wire, "/f/a.txt", LockScope::Shared, "0").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(
        lock(&wire, "/f/a.txt", LockScope::Exclusive, "0").await,
        Err(StatusCode::LOCKED)
    );
    assert_eq!(
        lock(&wire, "/f", LockScope::Exclusive, "infinity").await,
        Err(StatusCode::LOCKED)
    );
    assert!(lock(&wire, "/f", LockScope::Exclusive, "0").await.is_ok());
    assert_eq!(
        put(&wire, "/f/a.txt", Some(&format!("(<{second}>)"))).await,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_lock_ends_with_its_time_and_a_refresh_gives_more() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let token = lock(&wire, "/a.txt", LockScope::Exclusive, "0").await.unwrap();
    wire.clock.advance(Duration::seconds(50));
    let condition = format!("(<{token}>)");
    let headers = [("if", condition.as_str()), ("timeout", "Second-60")];
    let refreshed = wire.send("LOCK", &format!("{HOME}/a.txt"), &headers, "").await;
    assert_eq!(refreshed.status, StatusCode::OK);
    wire.clock.advance(Duration::seconds(50));
    assert_eq!(put(&wire, "/a.txt", None).await, StatusCode::LOCKED);
    wire.clock.advance(Duration::seconds(20));
    assert_eq!(put(&wire, "/a.txt", None).await, StatusCode::NO_CONTENT);
}
