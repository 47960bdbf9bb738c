//! The chain of the audit log: the tag of each entry covers the tag of the entry before, so nothing can be changed, taken out
//! or put in without breaking what follows. The tags need the sealing key, so who can write the database cannot mend them.
//!
//! Where the chain begins and ends stands apart, tagged as well: the end, because a chain whose last entries are gone is
//! still a chain; the beginning, because old entries are deleted in time. What cannot be found is a whole database that was
//! replaced by an older copy of itself, or by a log that was never begun.

use std::sync::Arc;

use crate::{AuditRecord, SealError, Sealer};

/// What stands for the tag before an entry when the end of the chain was tampered with: no tag is this, so the entry shows
/// the break.
const BROKEN: &[u8] = b"broken";

/// An end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichEnd {
    /// Before the first entry.
    First,
    /// The last entry.
    Last,
}

impl WhichEnd {
    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// Where the chain begins or ends, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEnd {
    /// Number of the entry: the last one, or the one before the first.
    pub number: i64,
    /// Its tag; empty where nothing was before.
    pub tag: Vec<u8>,
    /// The tag of this record.
    pub seal: Vec<u8>,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// Its number; later entries have higher ones.
    pub number: i64,
    /// What it says.
    pub record: AuditRecord,
    /// Its tag; none in entries that are older than the chain.
    pub tag: Option<Vec<u8>>,
}

/// Makes and checks the tags.
#[derive(Debug, Clone)]
pub struct AuditChain(Arc<Sealer>);

impl AuditChain {
    /// With the keys of `sealer`. Entries tagged with a key that is not among them cannot be checked.
    pub const fn new(sealer: Arc<Sealer>) -> Self {
        Self(sealer)
    }

    /// The tag of an entry after one with the tag `before`.
    pub fn link(&self, before: &[u8], number: i64, record: &AuditRecord) -> Result<Vec<u8>, SealError> {
        self.0.tag("audit", &content(before, number, record))
    }

    /// What the next entry follows. With no end, `is_new` tells whether that is because nothing was ever chained.
    pub fn before_next(&self, last: Option<&AuditEnd>, is_new: bool) -> Vec<u8> {
        match last {
            Some(end) if self.end_holds(WhichEnd::Last, end).is_ok() => end.tag.clone(),
            None if is_new => Vec::new(),
            _ => BROKEN.to_vec(),
        }
    }

    /// An end of the chain, to be stored.
    pub fn end(&self, which: WhichEnd, number: i64, tag: Vec<u8>) -> Result<AuditEnd, SealError> {
        let seal = self.0.tag(place(which), &end_content(number, &tag))?;
        Ok(AuditEnd { number, tag, seal })
    }

    fn end_holds(&self, which: WhichEnd, end: &AuditEnd) -> Result<(), SealError> {
        self.0
            .check_tag(place(which), &end_content(end.number, &end.tag), &end.seal)
    }

    /// Begins to go through the chain, with the stored ends.
    pub fn walk(&self, first: Option<AuditEnd>) -> AuditWalk<'_> {
        let mut report = AuditReport::default();
        let (number, tag) = match first {
            Some(end) => {
                if let Err(error) = self.end_holds(WhichEnd::First, &end) {
                    let why = reason(error, "the record of where the log begins was changed");
                    report.broken = Some(BrokenEntry {
                        number: end.number,
                        why,
                    });
                }
                (Some(end.number), end.tag)
            }
            None => (None, Vec::new()),
        };
        AuditWalk {
            chain: self,
            first: number,
            number: number.unwrap_or_default(),
            tag,
            report,
        }
    }
}

/// The first entry that is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenEntry {
    /// Its number.
    pub number: i64,
    /// What is wrong, for people.
    pub why: &'static str,
}

/// What going through the log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// How many entries are as they were written.
    pub good: u64,
    /// How many are older than the chain, and say nothing about whether they were changed.
    pub unchained: u64,
    /// The first that is not as it was written.
    pub broken: Option<BrokenEntry>,
}

/// Goes through the entries in order of number.
pub struct AuditWalk<'a> {
    chain: &'a AuditChain,
    first: Option<i64>,
    number: i64,
    tag: Vec<u8>,
    report: AuditReport,
}

impl AuditWalk<'_> {
    /// Looks at the next entry. `false`: the chain is broken, and what follows says nothing.
    pub fn step(&mut self, entry: &ChainedEntry) -> bool {
        if self.report.broken.is_some() {
            return false;
        }
        let older = self.first.is_none_or(|first| entry.number <= first);
        let why = match (&entry.tag, older) {
            (None, true) => {
                self.report.unchained += 1;
                return true;
            }
            (None, false) => Some("its tag was taken away"),
            (Some(_), true) => Some("the record of where the log begins is not of this log"),
            (Some(tag), false) => {
                let content = content(&self.tag, entry.number, &entry.record);
                let checked = self.chain.0.check_tag("audit", &content, tag);
                checked
                    .err()
                    .map(|error| reason(error, "it was changed, or an entry before it was taken out or put in"))
            }
        };
        if let Some(why) = why {
            self.report.broken = Some(BrokenEntry {
                number: entry.number,
                why,
            });
            return false;
        }
        self.report.good += 1;
        self.number = entry.number;
        self.tag = entry.tag.clone().unwrap_or_default();
        true
    }

    /// Number and tag of the last good entry.
    pub fn at(&self) -> (i64, &[u8]) {
        (self.number, &self.tag)
    }

    /// Ends with the stored end of the chain.
    pub fn finish(mut self, last: Option<&AuditEnd>) -> AuditReport {
        if self.report.broken.is_none() {
            self.report.broken = self.missing(last);
        }
        self.report
    }

    fn missing(&self, last: Option<&AuditEnd>) -> Option<BrokenEntry> {
        let why = match last {
            None if self.first.is_none() => return None,
            None => "the record of where the log ends was taken away",
            Some(end) => match self.chain.end_holds(WhichEnd::Last, end) {
                Err(error) => reason(error, "the record of where the log ends was changed"),
                Ok(()) if (end.number, end.tag.as_slice()) == self.at() => return None,
                Ok(()) => {
                    return Some(BrokenEntry {
                        number: self.number.saturating_add(1).min(end.number),
                        why: "it was taken out, with all up to the last that was written",
                    });
                }
            },
        };
        Some(BrokenEntry {
            number: self.number,
            why,
        })
    }
}

const fn reason(error: SealError, changed: &'static str) -> &'static str {
    match error {
        SealError::UnknownKey => {
            "it was tagged with a sealing key that is not configured; give the former keys as well"
        }
        SealError::Damaged | SealError::NoKey => changed,
    }
}

const fn place(which: WhichEnd) -> &'static str {
    match which {
        WhichEnd::First => "audit first",
        WhichEnd::Last => "audit last",
    }
}

fn end_content(number: i64, tag: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], tag].concat()
}

/// Everything with its length, so that no two entries have the same content.
fn content(before: &[u8], number: i64, record: &AuditRecord) -> Vec<u8> {
    let mut content = Vec::with_capacity(64 + before.len() + record.event.len() + record.document.len());
    content.extend(number.to_be_bytes());
    content.extend(record.at.to_be_bytes());
    for part in [before, record.event.as_bytes(), record.document.as_bytes()] {
        content.extend((part.len() as u64).to_be_bytes());
        content.extend(part);
    }
    content
}
