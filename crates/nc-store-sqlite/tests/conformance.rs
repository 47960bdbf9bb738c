//! The checks that every backend must pass, on SQLite.

use std::sync::{Arc, Mutex};

use nc_store::{Sealer, Store, conformance};
use nc_store_sqlite::SqliteStore;
use zeroize::Zeroizing;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_on_sqlite_does_what_every_store_must() {
    let dirs = Mutex::new(Vec::new());
    conformance::run(|| async {
        let dir = tempfile::tempdir().unwrap();
        let sealer = Arc::new(Sealer::new(&[Zeroizing::new([1; 32])]).unwrap());
        let store = SqliteStore::open(&dir.path().join("provider.db"), sealer)
            .await
            .unwrap();
        dirs.lock().unwrap().push(dir);
        Arc::new(store) as Arc<dyn Store>
    })
    .await;
}
