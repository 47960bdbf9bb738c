use nc_proto::dav::{
    Comparison, Condition, DavPath, Depth, Direction, FilterFiles, Order, Scope, Search, escape_like, props,
};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{FileEntry, FilePath, Files, listing::read_multistatus, subject};
use crate::{Error, Subject};

/// What to look for. All that is given must hold; with nothing given, everything is found.
#[derive(Debug, Clone)]
pub struct FileQuery {
    /// The name.
    pub name_like: Option<NamePattern>,
    /// The media type: whole (`image/png`) or its beginning (`image/`).
    pub mime_like: Option<String>,
    /// Whether it is a favourite.
    pub favorite: Option<bool>,
    /// Smallest size in bytes.
    pub min_size: Option<u64>,
    /// Largest size in bytes.
    pub max_size: Option<u64>,
    /// Earliest time of last change.
    pub modified_since: Option<OffsetDateTime>,
    /// Latest time of last change.
    pub modified_until: Option<OffsetDateTime>,
    /// Folder to look in, at any depth.
    pub scope: FilePath,
    /// How to sort.
    pub order: FileOrder,
    /// At most so many hits.
    pub limit: u32,
    /// So many hits are skipped.
    pub offset: u32,
}

impl Default for FileQuery {
    fn default() -> Self {
        Self {
            name_like: None,
            mime_like: None,
            favorite: None,
            min_size: None,
            max_size: None,
            modified_since: None,
            modified_until: None,
            scope: FilePath::root(),
            order: FileOrder::default(),
            limit: 100,
            offset: 0,
        }
    }
}

/// What a name must look like; capitals do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePattern {
    /// It has this text in it, which means itself.
    Containing(String),
    /// It matches this pattern, where `%` stands for any text and `_` for any character.
    Like(String),
}

impl NamePattern {
    fn literal(&self) -> String {
        match self {
            Self::Containing(text) => format!("%{}%", escape_like(text)),
            Self::Like(pattern) => pattern.clone(),
        }
    }
}

/// Plain text is looked for as it is.
impl From<&str> for NamePattern {
    fn from(text: &str) -> Self {
        Self::Containing(text.to_owned())
    }
}

/// How to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileOrder {
    /// By what.
    pub key: SortKey,
    /// From the largest or latest.
    pub descending: bool,
}

/// The latest first.
impl Default for FileOrder {
    fn default() -> Self {
        Self {
            key: SortKey::Modified,
            descending: true,
        }
    }
}

/// By what to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The name.
    Name,
    /// The time of last change.
    Modified,
    /// The size.
    Size,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The hits.
    pub entries: Vec<FileEntry>,
    /// Whether there are more. How many is not known.
    pub truncated: bool,
}

impl Files<'_> {
    /// Looks for files and folders.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the folder to look in is missing; otherwise as for every call.
    pub async fn search(&self, query: &FileQuery) -> Result<Found, Error> {
        let view = self.view().await?;
        view.check(&query.scope)?;
        let home = DavPath::from_names(["files", &view.user]).join(query.scope.as_dav());
        let search = Search {
            select: FileEntry::PROPERTIES.to_vec(),
            scope: Scope {
                href: home.encode(),
                depth: Depth::Infinity,
            },
            condition: Some(condition(query)),
            order: vec![order(query.order)],
            // One more than asked for tells whether there are more.
            limit: Some(query.limit.saturating_add(1)),
            offset: (query.offset > 0).then_some(query.offset),
        };
        let request = self.search_request(&search, subject(&query.scope))?;
        self.collect(request, query.limit as usize).await
    }

    /// The favourites of this user.
    ///
    /// # Errors
    /// As for every call.
    pub async fn favorites(&self, limit: u32) -> Result<Found, Error> {
        let report = FilterFiles {
            props: FileEntry::PROPERTIES.to_vec(),
            favorite: true,
            limit: Some(limit.saturating_add(1)),
            ..FilterFiles::default()
        };
        let mut request = self
            .request("REPORT", &FilePath::root())
            .await?
            .xml(report.to_document());
        request.context.subject = Subject::named("the favourites");
        self.collect(request, limit as usize).await
    }

    /// What an answer shows of this user's files, up to a limit.
    pub(super) async fn collect(&self, request: crate::request::Request<'_>, limit: usize) -> Result<Found, Error> {
        let view = self.view().await?;
        let bytes = self.0.nextcloud.config().limits.listing_bytes;
        let mut entries = Vec::new();
        let mut truncated = false;
        read_multistatus(request.send().await?, bytes, |response| {
            match FileEntry::read(&response, &view) {
                // Some servers ignore the limit.
                Some(_) if entries.len() >= limit => truncated = true,
                Some(entry) => entries.push(entry),
                None => tracing::debug!("a hit is hidden, or has an address that is not one of the user's files"),
            }
        })
        .await?;
        Ok(Found { entries, truncated })
    }
}

fn condition(query: &FileQuery) -> Condition {
    let compare = |comparison, name, literal: String| Condition::Compare(comparison, name, literal);
    let time = |time: OffsetDateTime| {
        let whole = time.to_offset(UtcOffset::UTC).replace_nanosecond(0).unwrap_or(time);
        whole.format(&Rfc3339).unwrap_or_default()
    };
    let mut all = Vec::new();
    if let Some(pattern) = &query.name_like {
        all.push(compare(Comparison::Like, props::DISPLAYNAME, pattern.literal()));
    }
    if let Some(mime) = &query.mime_like {
        let text = mime.trim_end_matches(['%', '*']);
        let whole = text.len() == mime.len() && text.split_once('/').is_some_and(|(_, kind)| !kind.is_empty());
        let rest = if whole { "" } else { "%" };
        all.push(compare(
            Comparison::Like,
            props::GETCONTENTTYPE,
            escape_like(text) + rest,
        ));
    }
    if let Some(favorite) = query.favorite {
        let marked = compare(Comparison::Equal, props::FAVORITE, "1".to_owned());
        all.push(if favorite {
            marked
        } else {
            Condition::Not(Box::new(marked))
        });
    }
    if let Some(size) = query.min_size {
        all.push(compare(Comparison::GreaterOrEqual, props::SIZE, size.to_string()));
    }
    if let Some(size) = query.max_size {
        all.push(compare(Comparison::LessOrEqual, props::SIZE, size.to_string()));
    }
    if let Some(since) = query.modified_since {
        all.push(compare(Comparison::GreaterOrEqual, props::GETLASTMODIFIED, time(since)));
    }
    if let Some(until) = query.modified_until {
        all.push(compare(Comparison::LessOrEqual, props::GETLASTMODIFIED, time(until)));
    }
    match all.len() {
        // The server fails on a search without condition.
        0 => Condition::anything(),
        1 => all.remove(0),
        _ => Condition::And(all),
    }
}

pub(super) fn order(order: FileOrder) -> Order {
    let property = match order.key {
        SortKey::Name => props::DISPLAYNAME,
        SortKey::Modified => props::GETLASTMODIFIED,
        SortKey::Size => props::SIZE,
    };
    let direction = if order.descending {
        Direction::Descending
    } else {
        Direction::Ascending
    };
    Order { property, direction }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(name: nc_proto::dav::Name, literal: &str) -> Condition {
        Condition::Compare(Comparison::Like, name, literal.to_owned())
    }

    #[test]
    fn wildcards_in_plain_text_mean_themselves() {
        let query = FileQuery {
            name_like: Some("100%_a\\".into()),
            ..FileQuery::default()
        };
        assert_eq!(condition(&query), like(props::DISPLAYNAME, r"%100\%\_a\\%"));
        let query = FileQuery {
            name_like: Some(NamePattern::Like("%.txt".into())),
            ..FileQuery::default()
        };
        assert_eq!(condition(&query), like(props::DISPLAYNAME, "%.txt"));
    }

    #[test]
    fn a_search_without_conditions_still_has_one() {
        assert_eq!(condition(&FileQuery::default()), Condition::anything());
    }

    #[test]
    fn a_media_type_is_whole_or_a_beginning() {
        let mime = |text: &str| {
            condition(&FileQuery {
                mime_like: Some(text.into()),
                ..FileQuery::default()
            })
        };
        assert_eq!(mime("image"), like(props::GETCONTENTTYPE, "image%"));
        assert_eq!(mime("image/"), like(props::GETCONTENTTYPE, "image/%"));
        assert_eq!(mime("image/%"), like(props::GETCONTENTTYPE, "image/%"));
        assert_eq!(mime("image/*"), like(props::GETCONTENTTYPE, "image/%"));
        assert_eq!(mime("image/png"), like(props::GETCONTENTTYPE, "image/png"));
    }

    #[test]
    fn times_are_sent_in_whole_seconds_of_utc() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).expect("time");
        let query = FileQuery {
            modified_since: Some(time),
            ..FileQuery::default()
        };
        let Condition::Compare(_, _, literal) = condition(&query) else {
            panic!("one condition")
        };
        assert_eq!(literal, "2023-11-14T22:13:20Z");
    }
}
