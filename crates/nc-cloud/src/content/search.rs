use nc_proto::dav::{Comparison, DavPath, Direction};
use sqlx::{QueryBuilder, Sqlite};

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
    /// What must hold.
    pub test: Test,
    /// How to sort; by id in the end, so that the order is always the same.
    pub order: Vec<(SortKey, Direction)>,
    /// At most so many.
    pub limit: Option<u32>,
    /// So many are skipped.
    pub offset: u32,
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
}

impl Home {
    /// Finds files and folders; the root itself is never found.
    ///
    /// # Errors
    /// [`ContentError::NotFound`] if the folder does not exist.
    pub async fn search(&self, query: &Query) -> Result<Vec<Entry>, ContentError> {
        self.stat(&query.folder).await?;
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("WITH u(id) AS (SELECT ");
        sql.push_bind(self.user.to_string());
        // `?1` in the shared column list is this first value.
        sql.push(") ").push(select_entry!("f.path <> ''"));
        let key = path_key(&query.folder);
        if !key.is_empty() {
            sql.push(" AND f.path > ").push_bind(format!("{key}/"));
            sql.push(" AND f.path < ").push_bind(format!("{key}0"));
        }
        sql.push(" AND ");
        push_test(&mut sql, &query.test);
        sql.push(" ORDER BY ");
        for (key, direction) in &query.order {
            let direction = match direction {
                Direction::Ascending => " ASC, ",
                Direction::Descending => " DESC, ",
            };
            sql.push(key.column()).push(direction);
        }
        let limit = query.limit.unwrap_or(MOST_RESULTS).min(MOST_RESULTS);
        sql.push("f.id LIMIT ")
            .push_bind(limit)
            .push(" OFFSET ")
            .push_bind(query.offset);
        Ok(sql.build_query_as().fetch_all(self.content.0.db.reader()).await?)
    }
}

fn push_test(sql: &mut QueryBuilder<Sqlite>, test: &Test) {
    match test {
        Test::All(tests) => push_list(sql, tests, " AND ", "1"),
        Test::Any(tests) => push_list(sql, tests, " OR ", "0"),
        Test::Not(test) => {
            sql.push("NOT coalesce(");
            push_test(sql, test);
            sql.push(", 0)");
        }
        Test::IsFolder => {
            sql.push("f.is_folder");
        }
        Test::Favorite(favorite) => {
            sql.push("favorite = ").push_bind(*favorite);
        }
        Test::Text(key, comparison, literal) => {
            sql.push(key.column())
                .push(operator(*comparison))
                .push_bind(literal.to_lowercase());
            if *comparison == Comparison::Like {
                sql.push(" ESCAPE '\\'");
            }
        }
        Test::Number(key, comparison, number) => {
            sql.push(key.column()).push(operator(*comparison)).push_bind(*number);
        }
    }
}

fn push_list(sql: &mut QueryBuilder<Sqlite>, tests: &[Test], between: &str, empty: &str) {
    if tests.is_empty() {
        sql.push(empty);
        return;
    }
    for (index, test) in tests.iter().enumerate() {
        sql.push(if index == 0 { "(" } else { between });
        push_test(sql, test);
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
