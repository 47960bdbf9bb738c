use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{Row, Sqlite, Transaction};

use super::{
    ContentError,
    disk::{Disk, Step},
};
use crate::{Error, db::Db};

/// Steps that a commit promised, with their numbers.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    pub(super) ids: Vec<i64>,
    pub(super) steps: Arc<Vec<Step>>,
}

/// Which promised steps are done but still noted in the table `pending`.
#[derive(Debug, Default)]
pub(super) struct Journal {
    done: Mutex<Vec<i64>>,
}

impl Journal {
    /// Notes the steps that the commit of this transaction promises, and takes out those that are done. Gives the new
    /// ones' numbers, and those taken out, to be given to [`Self::cleared`] after the commit.
    pub(super) async fn promise(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        steps: Vec<Step>,
    ) -> Result<(Promise, Vec<i64>), sqlx::Error> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for id in &done {
            sqlx::query("DELETE FROM pending WHERE id = ?")
                .bind(id)
                .execute(&mut **tx)
                .await?;
        }
        let mut promised = Vec::with_capacity(steps.len());
        for step in &steps {
            let (action, source, target) = match step {
                Step::MakeFolder(target) => ("folder", None, target),
                Step::Replace { source, target } => ("replace", Some(source), target),
                Step::Keep { source, target } => ("keep", Some(source), target),
                Step::Remove(target) => ("remove", None, target),
            };
            let query =
                sqlx::query_scalar("INSERT INTO pending (action, source, target) VALUES (?, ?, ?) RETURNING id");
            promised.push(
                query
                    .bind(action)
                    .bind(source)
                    .bind(target)
                    .fetch_one(&mut **tx)
                    .await?,
            );
        }
        let promise = Promise {
            ids: promised,
            steps: Arc::new(steps),
        };
        Ok((promise, done))
    }

    /// The commit that took these out succeeded.
    pub(super) fn cleared(&self, cleared: &[i64]) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.retain(|id| !cleared.contains(id));
    }

    /// Does promised steps.
    pub(super) async fn fulfil(&self, disk: &Disk, promise: &Promise) -> Result<(), ContentError> {
        let (disk, steps) = (disk.clone(), Arc::clone(&promise.steps));
        tokio::task::spawn_blocking(move || disk.perform(&steps)).await??;
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(&promise.ids);
        Ok(())
    }
}

/// Does what was promised before a crash, then removes what was never promised.
pub(super) async fn recover(db: &Db, disk: &Disk) -> Result<(), Error> {
    let rows = sqlx::query("SELECT action, source, target FROM pending ORDER BY id")
        .fetch_all(db.reader())
        .await?;
    let mut steps = Vec::with_capacity(rows.len());
    for row in rows {
        let target: String = row.try_get("target")?;
        let action: String = row.try_get("action")?;
        steps.push(match (action.as_str(), row.try_get::<Option<String>, _>("source")?) {
            ("folder", _) => Step::MakeFolder(target),
            ("replace", Some(source)) => Step::Replace { source, target },
            ("keep", Some(source)) => Step::Keep { source, target },
            ("remove", _) => Step::Remove(target),
            _ => {
                return Err(Error::Internal(
                    "the journal has a step that this version does not know",
                ));
            }
        });
    }
    let disk = disk.clone();
    let finish = move || {
        disk.perform(&steps)?;
        disk.empty_tmp()
    };
    tokio::task::spawn_blocking(finish)
        .await
        .map_err(|_| Error::Internal("a task was lost"))??;
    let mut tx = db.write().await?;
    sqlx::query("DELETE FROM pending").execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
