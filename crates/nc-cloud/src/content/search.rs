use std::cmp::Ordering;

use nc_proto::dav::{Comparison, DavPath, Direction};
use sqlx::AssertSqlSafe;

use super::{
    ContentError, Entry, Home,
    entry::{path_key, select_entry},
};

/// Most results of one search.
const MOST_RESULTS: u32 = 10_000;

/// What to look for in a tree.
#[derive(Debug, Clone)]
pub struct Query {
    /// The folder to look in; all levels of it.
    pub folder: DavPath,
    /// Whether what `folder` names can be found, too, be it a file or a folder.
    pub with_itself: bool,
    /// What must hold.
    pub test: Test,
    /// How to sort; by id in the end, so that the order is always the same.
    pub order: Vec<(SortKey, Direction)>,
    /// At most so many.
    pub limit: Option<u32>,
    /// So many are skipped.
    pub offset: u32,
}

impl Query {
    /// The order of two results, as the database has it.
    pub(crate) fn compare(&self, one: &Entry, other: &Entry) -> Ordering {
        let keys = self.order.iter().map(|(key, direction)| {
            let order = key.compare(one, other);
            match direction {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            }
        });
        keys.fold(Ordering::Equal, Ordering::then).then(one.id.cmp(&other.id))
    }
}

/// A condition on a file or folder.
#[derive(Debug, Clone)]
pub enum Test {
    /// All hold.
    All(Vec<Test>),
    /// At least one holds.
    Any(Vec<Test>),
    /// It does not hold.
    Not(Box<Test>),
    /// It is a folder.
    IsFolder,
    /// It is a favourite, or not.
    Favorite(bool),
    /// A text compares; without regard to case, except for equality of media types.
    Text(SortKey, Comparison, String),
    /// A number or time compares.
    Number(SortKey, Comparison, i64),
}

/// What can be searched and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The name.
    Name,
    /// The media type.
    MediaType,
    /// The size.
    Size,
    /// The last change.
    ModifiedAt,
    /// The creation time.
    CreatedAt,
    /// The time of the upload.
    UploadedAt,
    /// The file id.
    Id,
}

impl SortKey {
    const fn column(self) -> &'static str {
        match self {
            Self::Name => "f.name_folded",
            Self::MediaType => "f.mime",
            Self::Size => "f.size",
            Self::ModifiedAt => "f.mtime",
            Self::CreatedAt => "f.creation_time",
            Self::UploadedAt => "f.upload_time",
            Self::Id => "f.id",
        }
    }

    fn compare(self, one: &Entry, other: &Entry) -> Ordering {
        match self {
            Self::Name => one.name().to_lowercase().cmp(&other.name().to_lowercase()),
            // Folders have none, which comes first.
            Self::MediaType => one.media_type().cmp(&other.media_type()),
            Self::Size => one.size_bytes.cmp(&other.size_bytes),
            Self::ModifiedAt => one.modified_at.cmp(&other.modified_at),
            Self::CreatedAt => one.created_at.cmp(&other.created_at),
            Self::UploadedAt => one.uploaded_at.cmp(&other.uploaded_at),
            Self::Id => one.id.cmp(&other.id),
        }
    }
}

impl Home {
    /// Finds files and folders; the root itself is never found.
    ///
    /// # Errors
    /// [`ContentError::NotFound`] if the folder does not exist.
    pub async fn search(&self, query: &Query) -> Result<Vec<Entry>, ContentError> {
        self.stat(&query.folder).await?;
        let mut sql = Sql {
            text: select_entry!("f.path <> ''").to_owned(),
            // `?1` of the shared column list.
            values: vec![Value::Text(self.user.to_string())],
        };
        let key = path_key(&query.folder);
        if !key.is_empty() {
            sql.push(" AND ((f.path > ").bind(Value::Text(format!("{key}/")));
            sql.push(" AND f.path < ").bind(Value::Text(format!("{key}0")));
            sql.push(if query.with_itself {
                ") OR f.path = "
            } else {
                ") AND f.path <> "
            });
            sql.bind(Value::Text(key)).push(")");
        }
        sql.push(" AND ");
        push_test(&mut sql, &query.test, self.actor.as_str());
        sql.push(" ORDER BY ");
        for (key, direction) in &query.order {
            sql.push(key.column()).push(match direction {
                Direction::Ascending => " ASC, ",
                Direction::Descending => " DESC, ",
            });
        }
        let limit = query.limit.unwrap_or(MOST_RESULTS).min(MOST_RESULTS);
        sql.push("f.id LIMIT ").bind(Value::Number(limit.into()));
        sql.push(" OFFSET ").bind(Value::Number(query.offset.into()));
        // Made of texts of this file only: whatever a client sent is bound.
        let mut statement = sqlx::query_as(AssertSqlSafe(sql.text));
        for value in sql.values {
            statement = match value {
                Value::Text(text) => statement.bind(text),
                Value::Number(number) => statement.bind(number),
            };
        }
        let mut found = statement.fetch_all(self.content.0.db.reader()).await?;
        self.as_seen(&mut found).await?;
        Ok(found)
    }
}

/// A statement that grows. Every value has its number, for plain `?` cannot be mixed with `?1`.
struct Sql {
    text: String,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Sql {
    fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        self.text.push('?');
        self.text.push_str(&self.values.len().to_string());
        self
    }
}

fn push_test(sql: &mut Sql, test: &Test, actor: &str) {
    match test {
        Test::All(tests) => push_list(sql, tests, actor, [" AND ", "1"]),
        Test::Any(tests) => push_list(sql, tests, actor, [" OR ", "0"]),
        Test::Not(test) => {
            sql.push("NOT coalesce(");
            push_test(sql, test, actor);
            sql.push(", 0)");
        }
        Test::IsFolder => {
            sql.push("f.is_folder");
        }
        Test::Favorite(favorite) => {
            sql.push("EXISTS (SELECT 1 FROM favorites w WHERE w.file_id = f.id AND w.user_id = ")
                .bind(Value::Text(actor.to_owned()))
                .push(") = ")
                .bind(Value::Number((*favorite).into()));
        }
        Test::Text(key, comparison, literal) => {
            sql.push(key.column())
                .push(operator(*comparison))
                .bind(Value::Text(literal.to_lowercase()));
            if *comparison == Comparison::Like {
                sql.push(" ESCAPE '\\'");
            }
        }
        Test::Number(key, comparison, number) => {
            sql.push(key.column())
                .push(operator(*comparison))
                .bind(Value::Number(*number));
        }
    }
}

fn push_list(sql: &mut Sql, tests: &[Test], actor: &str, [between, empty]: [&'static str; 2]) {
    if tests.is_empty() {
        sql.push(empty);
        return;
    }
    for (index, test) in tests.iter().enumerate() {
        sql.push(if index == 0 { "(" } else { between });
        push_test(sql, test, actor);
    }
    sql.push(")");
}

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
        Comparison::Like => " LIKE ",
    }
}
