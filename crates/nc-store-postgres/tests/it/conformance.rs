//! The checks that every backend must pass.

use std::sync::Arc;

use nc_store::{Store, conformance};

use crate::server::{Server, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_on_postgresql_does_what_every_store_must() {
    let Some(server) = Server::find() else { return };
    let made = std::sync::atomic::AtomicUsize::new(0);
    conformance::run(async || {
        made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Arc::new(open(&server.schema().await).await) as Arc<dyn Store>
    })
    .await;
    assert_eq!(made.into_inner(), conformance::CHECKS.len());
}
