use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::timeout,
};

use crate::{
    batch::Batch,
    connections::{PATIENCE, connect},
    error::Error,
    sql::audit::{self, Tail},
};

/// The connection that writes, for one unit of work after the other.
///
/// Those that wait for each other share a transaction, each with a savepoint of its own, so that the disk is waited for once:
/// a unit that ends while others wait leaves the transaction to the next one, and its changes are told to be made when they
/// are on the disk. One that fails or is given up goes back to its savepoint, and takes nothing of the others with it.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    options: Arc<SqliteConnectOptions>,
    place: Arc<Mutex<Place>>,
    /// How many wait for the place to begin.
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Place {
    /// None: it broke.
    connection: Option<SqliteConnection>,
    /// A transaction was begun and is not known to have ended.
    is_open: bool,
    /// A unit is in it that has not ended.
    unit: Option<Undo>,
    /// Who waits for the transaction to be committed: the units that ended in it.
    ended: Vec<oneshot::Sender<Result<(), Arc<Error>>>>,
    /// Where the audit log ends with what they appended.
    tail: Tail,
    is_closed: bool,
}

/// How it is taken back what a unit did.
#[derive(Debug, Clone, Copy)]
enum Undo {
    /// It did nothing yet.
    Nothing,
    /// It goes back to its savepoint.
    Savepoint,
    /// It began the transaction, and is alone in it.
    Transaction,
}

/// A unit of work. Leaves nothing behind when dropped.
#[derive(Debug)]
pub(crate) struct Writing {
    place: OwnedMutexGuard<Place>,
    writer: Writer,
    batch: Batch,
    tail: Tail,
    /// It has a savepoint, which goes along with its first changes.
    is_later: bool,
    /// A change failed that was taken for made.
    is_lost: bool,
}

impl Writer {
    pub(crate) fn new(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let place = Place {
            connection: Some(connection),
            is_open: false,
            unit: None,
            ended: Vec::new(),
            tail: Tail::default(),
            is_closed: false,
        };
        Self {
            options: Arc::new(options),
            place: Arc::new(Mutex::new(place)),
            waiting: Arc::default(),
        }
    }

    /// Begins the one write at a time.
    pub(crate) async fn begin(&self) -> Result<Writing, Error> {
        let waiting = Waiting::new(&self.waiting);
        let place = timeout(PATIENCE, Arc::clone(&self.place).lock_owned()).await;
        drop(waiting);
        let mut place = place.map_err(|_| sqlx::Error::PoolTimedOut)?;
        if place.is_closed {
            return Err(sqlx::Error::PoolClosed.into());
        }
        if place.unit.is_some() {
            // Whether or not anybody still waits for this: others wait to be told what came of theirs.
            let given_up = tokio::spawn(async move {
                place.give_up_unit().await;
                place
            });
            place = given_up.await.map_err(|_| Error::Lost)?;
        }
        if place.connection.is_none() {
            place.connection = Some(connect(&self.options).await?);
        }
        let is_later = place.is_open;
        // From here on whatever happens, also that nobody waits any more, ends with the unit rolled back.
        place.is_open = true;
        place.unit = Some(if is_later { Undo::Nothing } else { Undo::Transaction });
        let mut writing = Writing {
            tail: place.tail.clone(),
            place,
            writer: self.clone(),
            batch: Batch::default(),
            is_later,
            is_lost: false,
        };
        if is_later {
            writing.batch.add("SAVEPOINT unit");
        } else {
            writing.tail = audit::begin(writing.place.connection()?).await?;
        }
        Ok(writing)
    }

    /// Waits for work under way, then closes the connection.
    pub(crate) async fn close(&self) {
        let mut place = self.place.lock().await;
        place.is_closed = true;
        place.finish().await;
        if let Some(connection) = place.connection.take() {
            // What cannot be closed is not there any more.
            let _ = connection.close().await;
        }
    }

    /// Ends the transaction after those who wait already had their turn.
    fn finish_later(&self) {
        if let Ok(runtime) = Handle::try_current() {
            let place = Arc::clone(&self.place);
            runtime.spawn(async move { place.lock().await.finish().await });
        }
    }
}

impl Place {
    fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        Ok(self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?)
    }

    async fn send(&mut self, statement: &'static str) -> Result<(), Error> {
        sqlx::query(statement).execute(self.connection()?).await?;
        Ok(())
    }

    /// Takes back what a unit did that nobody will commit. To be waited for to its end.
    async fn give_up_unit(&mut self) {
        match self.unit {
            Some(Undo::Transaction) => {
                if let Err(error) = self.send("ROLLBACK").await {
                    // SQLite ended it by itself, as when the disk is full, or worse.
                    self.lose(error);
                }
                self.is_open = false;
            }
            // Released as well: were it left, the next unit's way back could end there, before what others did since.
            Some(Undo::Savepoint) => match self.send("ROLLBACK TO unit; RELEASE unit").await {
                Ok(()) => {}
                // Nobody waited to hear whether it was made, or that it was released with all that the unit did. Either way
                // the transaction is whole; or SQLite ended it by itself, and this fails as well.
                Err(error) if is_unknown_savepoint(&error) => self.commit().await,
                Err(error) => self.lose(error),
            },
            Some(Undo::Nothing) | None => {}
        }
        self.unit = None;
    }

    /// Commits what units did that ended. To be waited for to its end.
    async fn finish(&mut self) {
        self.give_up_unit().await;
        if self.is_open {
            self.commit().await;
        }
    }

    async fn commit(&mut self) {
        match self.send("COMMIT").await {
            Ok(()) => self.tell(),
            Err(error) => self.lose(error),
        }
    }

    /// Everything that was done in the transaction is on the disk.
    fn tell(&mut self) {
        self.is_open = false;
        self.unit = None;
        for waits in self.ended.drain(..) {
            // Who does not wait any more needs not be told.
            let _ = waits.send(Ok(()));
        }
    }

    /// Nothing that was done in the transaction is kept: SQLite rolls back when a connection ends. Another one begins anew.
    fn lose(&mut self, why: Error) {
        self.connection = None;
        self.is_open = false;
        let why = Arc::new(why);
        for waits in self.ended.drain(..) {
            let _ = waits.send(Err(Arc::clone(&why)));
        }
    }
}

impl Writing {
    /// The connection, for a question or for a change that gives something back; after [`Self::make_changes`].
    pub(crate) fn connection(&mut self) -> Option<&mut SqliteConnection> {
        self.place.connection.as_mut()
    }

    /// For changes that may wait.
    pub(crate) const fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// For changes that may wait, and the end of the audit log.
    pub(crate) const fn audit(&mut self) -> (&mut Batch, &mut Tail) {
        (&mut self.batch, &mut self.tail)
    }

    /// Makes the changes that wait.
    pub(crate) async fn make_changes(&mut self) -> Result<(), Error> {
        if self.is_lost {
            return Err(Error::Lost);
        }
        if !self.batch.is_empty() {
            // Also when nobody waits for the end of it.
            self.is_lost = true;
            if self.is_later {
                self.place.unit = Some(Undo::Savepoint);
            }
            self.batch.make(self.place.connection()?).await?;
            self.is_lost = false;
        }
        Ok(())
    }

    /// Makes all changes for good. When this fails they are rolled back.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        if self.place.ended.is_empty() && self.writer.waiting.load(Ordering::Acquire) == 0 {
            // Whoever does not wait for this ends nothing but this unit.
            self.batch.add("COMMIT");
            self.make_changes().await?;
            self.place.tell();
            return Ok(());
        }
        if self.is_later {
            self.batch.add("RELEASE unit");
        }
        self.make_changes().await?;
        let (told, waits) = oneshot::channel();
        if self.place.ended.is_empty() {
            // After those who wait by now, so that nobody's answer has to wait for more than them.
            self.writer.finish_later();
        }
        let tail = std::mem::take(&mut self.tail);
        self.place.tail = tail;
        self.place.ended.push(told);
        self.place.unit = None;
        drop(self);
        let told = timeout(PATIENCE, waits).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        told.map_err(|_| Error::Lost)?.map_err(Error::Shared)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.place.unit.is_some() {
            // Whoever begins next would do it too, but another process may wait for the lock as well.
            self.writer.finish_later();
        }
    }
}

fn is_unknown_savepoint(error: &Error) -> bool {
    let Error::Sql(sqlx::Error::Database(error)) = error else {
        return false;
    };
    error.message().starts_with("no such savepoint")
}

/// Counts somebody who waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
