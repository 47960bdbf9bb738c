use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    connections::{PATIENCE, connect},
    error::Error,
};

/// After so many uses a connection is asked whether it still works.
const USES_BETWEEN_TESTS: u16 = 256;

/// The connections that read.
///
/// The pool of `sqlx` asks a connection whether it still works each time it comes back, in a task of its own. That wakes up as
/// many threads as the question for which the connection was wanted.
#[derive(Debug)]
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    places: Vec<Arc<Mutex<Place>>>,
    /// As many as there are places.
    free: Arc<Semaphore>,
}

#[derive(Debug)]
struct Place {
    /// None: closed.
    connection: Option<SqliteConnection>,
    uses: u16,
}

/// A connection that nobody else uses now.
#[derive(Debug)]
pub(crate) struct Reader {
    // In this order: who gets the permit finds a place that is free.
    connection: OwnedMappedMutexGuard<Place, SqliteConnection>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) async fn open(number: usize, options: SqliteConnectOptions) -> Result<Self, Error> {
        let mut places = Vec::with_capacity(number);
        for _ in 0..number {
            places.push(Arc::new(Mutex::new(Place {
                connection: Some(connect(&options).await?),
                uses: 0,
            })));
        }
        Ok(Self {
            options,
            places,
            free: Arc::new(Semaphore::new(number)),
        })
    }

    pub(crate) async fn get(&self) -> Result<Reader, Error> {
        let permit = timeout(PATIENCE, Arc::clone(&self.free).acquire_owned()).await;
        let permit = permit
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let mut place = self.free_place().await;
        place.test(&self.options).await?;
        let connection = OwnedMutexGuard::try_map(place, |place| place.connection.as_mut());
        Ok(Reader {
            connection: connection.map_err(|_| sqlx::Error::PoolClosed)?,
            _permit: permit,
        })
    }

    /// For the holder of a permit.
    async fn free_place(&self) -> OwnedMutexGuard<Place> {
        loop {
            let mut places = self.places.iter();
            if let Some(place) = places.find_map(|place| Arc::clone(place).try_lock_owned().ok()) {
                return place;
            }
            // Another holder of a permit took one that was passed already, and left one that was not.
            tokio::task::yield_now().await;
        }
    }

    /// Waits for questions under way, then closes every connection.
    pub(crate) async fn close(&self) {
        self.free.close();
        for place in &self.places {
            let connection = place.lock().await.connection.take();
            if let Some(connection) = connection {
                // What cannot be closed is not there any more.
                let _ = connection.close().await;
            }
        }
    }
}

impl Place {
    /// Now and then replaces the connection if it broke.
    async fn test(&mut self, options: &SqliteConnectOptions) -> Result<(), Error> {
        self.uses += 1;
        if let (USES_BETWEEN_TESTS.., Some(connection)) = (self.uses, &mut self.connection) {
            if connection.ping().await.is_err() {
                *connection = connect(options).await?;
            }
            self.uses = 0;
        }
        Ok(())
    }
}

impl Deref for Reader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
