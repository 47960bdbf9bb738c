//! Many processes with one database: real ones, of this test binary.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{future::join_all, stream};
use http::Method;
use nc_auth::federation::RemoteBody;
use nc_proto::clock::Clock;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    CONTENT, mount, request, send,
    sender::{Sender, is_token},
};
use crate::support::{Options, Server, clock, open_ocm, open_store, reply};

const PROCESSES: usize = 4;
const TASKS: usize = 50;
/// Names the file with a [`Job`] to a process that is to do it.
const VARIABLE: &str = "NC_OCM_TEST_JOB";
const CHILD: &str = "receiver::processes::a_process_that_another_test_starts";

#[derive(Serialize, Deserialize)]
struct Job {
    folder: PathBuf,
    database: PathBuf,
    origin: String,
    now: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ocm_n078_fifty_tasks_in_each_of_four_processes_ask_for_one_token() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    sender.answer(move |seen, _| {
        is_token(seen).then(|| {
            // The second token, a while after it was asked for: everybody has come by then.
            count.fetch_add(1, Ordering::SeqCst);
            let body = r#"{"access_token":"token-2","token_type":"Bearer","expires_in":600}"#;
            let late = stream::once(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, std::io::Error>(Bytes::from(body))
            });
            reply(200, "application/json", Body::from_stream(late))
        })
    });
    let folder = tempfile::tempdir().expect("a folder");
    let job = Job {
        folder: folder.path().to_owned(),
        database: server.database(),
        origin: server.url.clone(),
        now: server.clock.now().unix_timestamp() + 3600,
    };
    let file = folder.path().join("job.json");
    std::fs::write(&file, serde_json::to_vec(&job).expect("JSON")).expect("written");
    let mut children: Vec<Child> = (0..PROCESSES).map(|_| start(&file)).collect();
    wait_for(|| ready(folder.path()) == PROCESSES).await;
    std::fs::write(folder.path().join("go"), "").expect("written");
    for child in &mut children {
        let status = tokio::task::block_in_place(|| child.wait()).expect("it ends");
        assert!(status.success(), "every task of every process read the file");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let record = server
        .store
        .list_in_shares_from(&sender.peer.host, "strict-1")
        .await
        .expect("found");
    assert_eq!((record[0].token_generation, record[0].lease_until), (2, None));
}

fn start(job: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    let command = command.args(["--exact", CHILD, "--nocapture"]).env(VARIABLE, job);
    command.spawn().expect("a process")
}

fn ready(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with("ready-"))
        .count()
}

async fn wait_for(mut condition: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come about");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "how one process of a test tells another what to do"
)]
async fn a_process_that_another_test_starts() {
    let Some(file) = std::env::var_os(VARIABLE) else {
        return;
    };
    let job: Job = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("a job");
    let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(job.now).expect("a time"));
    let store = open_store(&job.database).await;
    let ocm = open_ocm(&job.origin, store, &Options::new(&clock)).await;
    let at = mount(&ocm).await;
    std::fs::write(job.folder.join(format!("ready-{}", std::process::id())), "").expect("written");
    wait_for(|| job.folder.join("go").exists()).await;
    let tasks = (0..TASKS).map(|_| {
        let (ocm, at) = (ocm.clone(), Arc::clone(&at));
        tokio::spawn(async move { send(&ocm, &at, request(Method::GET, RemoteBody::Empty)).await })
    });
    for outcome in join_all(tasks).await {
        assert_eq!(outcome.expect("it ends").expect("read").1, CONTENT);
    }
}
