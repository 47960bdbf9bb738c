//! Calls of tools and readings of resources in the audit log: who, through which client, which tool, names of the arguments,
//! outcome and duration. A call does not wait for the disk: entries go through a bounded queue to one task that writes several
//! at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nc_mcp_kit::{Observer, ResourceRead, ToolCall};
use nc_proto::clock::Clock;
use nc_store::{AuditRecord, Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// Event of a call in the log.
pub const CALLED: &str = "tool.called";
/// Event of a reading in the log.
pub const READ: &str = "resource.read";
/// Event that says how many calls are missing, because they came faster than they could be written.
pub const MISSED: &str = "tool.missed";

/// How long calls stand in the log where no authorization server of ours keeps it: as long as there.
const KEPT: Duration = Duration::from_hours(24 * 365);
/// How often older ones are deleted.
const SWEPT_EVERY: Duration = Duration::from_hours(1);

/// Most entries that wait to be written.
const QUEUE: usize = 4096;
/// Most entries in one transaction.
const BATCH: usize = 256;
/// Pause after the database could not be written.
const PAUSE: Duration = Duration::from_secs(2);
/// Longest wait for what is left when the server stops.
const LAST_WAIT: Duration = Duration::from_secs(5);

enum Message {
    Entry(AuditRecord),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Writes calls down. Cheap to clone; the writer ends with the last clone.
#[derive(Debug, Clone)]
pub struct ToolAudit {
    queue: mpsc::Sender<Message>,
    missed: Arc<AtomicU64>,
    clock: Clock,
}

impl ToolAudit {
    /// Begins to write to `store`.
    pub fn begin(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self::with_queue(store, clock, QUEUE)
    }

    fn with_queue(store: Arc<dyn Store>, clock: Clock, length: usize) -> Self {
        let (queue, messages) = mpsc::channel(length);
        let missed = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            store,
            clock: clock.clone(),
            missed: Arc::clone(&missed),
        };
        tokio::spawn(writer.run(messages));
        Self { queue, missed, clock }
    }

    /// Waits until everything so far is written, but not for ever.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            if self.queue.send(Message::Flush(done)).await.is_ok() {
                let _writer_ended = written.await;
            }
        };
        if tokio::time::timeout(LAST_WAIT, flushed).await.is_err() {
            tracing::error!("the last entries of the audit log could not be written");
        }
    }
}

impl Observer for ToolAudit {
    fn called(&self, call: &ToolCall<'_>) {
        let mut document = json!({
            "subject": call.caller.subject.as_str(),
            "client": call.caller.client,
            "tool": call.tool,
            "arguments": call.arguments,
            "outcome": call.outcome,
            "ms": u64::try_from(call.elapsed.as_millis()).unwrap_or(u64::MAX),
        });
        if call.unknown_arguments > 0 {
            document["unknown_arguments"] = call.unknown_arguments.into();
        }
        self.write(CALLED, &document);
    }

    fn read(&self, read: &ResourceRead<'_>) {
        let document = json!({
            "subject": read.caller.subject.as_str(),
            "client": read.caller.client,
            "resource": read.resource,
            "outcome": read.outcome,
            "ms": u64::try_from(read.elapsed.as_millis()).unwrap_or(u64::MAX),
        });
        self.write(READ, &document);
    }
}

impl ToolAudit {
    fn write(&self, event: &str, document: &Value) {
        let record = AuditRecord {
            at: self.clock.now().unix_timestamp(),
            event: event.to_owned(),
            document: document.to_string(),
        };
        if self.queue.try_send(Message::Entry(record)).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("mcp_audit_missed_total").increment(1);
        }
    }
}

/// Deletes old entries while the server runs; to be dropped when it ends.
pub(crate) async fn sweep_in_time(store: &dyn Store, clock: &Clock) {
    let mut ticks = tokio::time::interval(SWEPT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweep(store, clock.now().unix_timestamp()).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "old entries of the audit log cannot be deleted"
            );
        }
    }
}

async fn sweep(store: &dyn Store, now: i64) -> Result<(), StoreError> {
    let unit = store.begin().await?;
    unit.sweep(now, now.saturating_sub_unsigned(KEPT.as_secs())).await?;
    unit.commit().await
}

struct Writer {
    store: Arc<dyn Store>,
    clock: Clock,
    missed: Arc<AtomicU64>,
}

impl Writer {
    async fn run(self, mut messages: mpsc::Receiver<Message>) {
        let mut batch = Vec::with_capacity(BATCH);
        while messages.recv_many(&mut batch, BATCH).await > 0 {
            let mut records = Vec::with_capacity(batch.len() + 1);
            let mut waiting = Vec::new();
            for message in batch.drain(..) {
                match message {
                    Message::Entry(record) => records.push(record),
                    Message::Flush(done) => waiting.push(done),
                }
            }
            self.write(records).await;
            for done in waiting {
                // Who does not wait any more need not be told.
                let _gone = done.send(());
            }
        }
    }

    /// Until it is written: meanwhile the queue fills, and what it cannot hold is counted.
    async fn write(&self, mut records: Vec<AuditRecord>) {
        let missed = self.missed.swap(0, Ordering::Relaxed);
        if missed > 0 {
            tracing::warn!(missed, "tool calls came faster than the audit log could be written");
            records.push(AuditRecord {
                at: self.clock.now().unix_timestamp(),
                event: MISSED.to_owned(),
                document: json!({ "calls": missed }).to_string(),
            });
        }
        while let Err(error) = self.try_write(&records).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the audit log cannot be written; trying again"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_write(&self, records: &[AuditRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let unit = self.store.begin().await?;
        for record in records {
            unit.append_audit(record).await?;
        }
        unit.commit().await
    }
}

#[cfg(test)]
mod tests {
    use nc_auth::{Caller, Credential, Grants, UserId};
    use nc_store::{Lookup as _, Sealer};
    use nc_store_sqlite::SqliteStore;
    use time::OffsetDateTime;
    use zeroize::Zeroizing;

    use super::*;

    #[tokio::test]
    async fn calls_that_the_queue_cannot_hold_are_counted_in_the_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let sealer = Arc::new(Sealer::new(&[Zeroizing::new([1; 32])]).expect("a key"));
        let store = SqliteStore::open(&folder.path().join("store.db"), sealer).await;
        let store = Arc::new(store.expect("a store"));
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        let audit = ToolAudit::with_queue(store.clone(), clock, 2);
        let caller = Caller {
            subject: UserId::new("alice"),
            client: None,
            grants: Grants::Unrestricted,
            credential: Credential::NotProvisioned,
        };
        // Nothing is taken from the queue before this task waits for something.
        for _ in 0..5 {
            audit.called(&ToolCall {
                caller: &caller,
                tool: "tool",
                arguments: &[],
                unknown_arguments: 0,
                outcome: "ok",
                elapsed: Duration::ZERO,
            });
        }
        audit.flush().await;
        let log = store.list_audit(10).await.expect("a log");
        let events: Vec<_> = log.iter().map(|record| record.event.as_str()).collect();
        assert_eq!(events, [MISSED, CALLED, CALLED]);
        assert_eq!(log[0].document, r#"{"calls":3}"#);
    }
}
