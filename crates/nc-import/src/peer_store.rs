use std::{fmt, path::Path};

use nc_auth::{Grants, Scope, ScopeSet};
use secrecy::SecretString;
use sqlx::{
    AssertSqlSafe, Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use zeroize::Zeroizing;

use crate::fernet::{FernetError, FernetKey};

/// Revisions of the schema that are understood, inclusive.
const OLDEST: u16 = 3;
const NEWEST: u16 = 10;

/// Why the database is not read.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It cannot be opened or read.
    #[error("the database cannot be read")]
    Unreadable(#[from] sqlx::Error),
    /// It is something else.
    #[error("this is not a database of nextcloud-mcp-server: it has no schema revision")]
    Foreign,
    /// Its schema is another one.
    #[error(
        "the database has the schema revision {0}; {OLDEST:03} to {NEWEST:03} can be read. Bring it there with \
         nextcloud-mcp-server's own `db upgrade` or `db downgrade`"
    )]
    Revision(String),
    /// Nothing in it opens.
    #[error(
        "no stored value opens with this key: it is not the TOKEN_ENCRYPTION_KEY that the database was written with; \
         nothing was imported"
    )]
    WrongKey,
}

/// An app password that somebody gave.
pub struct AppPasswordRow {
    /// Who that is towards the MCP server: what the sign-in of the time called the person.
    pub user_id: String,
    /// Login name at the Nextcloud, where it was noted.
    pub login: Option<String>,
    /// The app password.
    pub password: SecretString,
    /// What it was given for. `Unrestricted` where nothing was said; an empty set where nothing was granted.
    pub limit: Grants,
    /// When it was given, Unix seconds.
    pub given_at: i64,
}

impl fmt::Debug for AppPasswordRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AppPasswordRow({})", self.user_id)
    }
}

/// A refresh token for the Nextcloud that somebody gave.
pub struct RefreshTokenRow {
    /// Who that is towards the MCP server: the issuer's name of the person.
    pub user_id: String,
    /// The token.
    pub token: SecretString,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it ends, Unix seconds, where that was noted.
    pub expires_at: Option<i64>,
    /// When it was given, Unix seconds.
    pub given_at: i64,
}

impl fmt::Debug for RefreshTokenRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RefreshTokenRow({})", self.user_id)
    }
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Whose it is, as far as that can be read.
    pub user_id: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// How much there is that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftBehind {
    /// Clients that the server registered at an issuer.
    pub oauth_clients: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
}

/// What is in the database.
#[derive(Debug)]
pub struct PeerStore {
    /// Revision of its schema.
    pub revision: u16,
    /// App passwords that open, in the order in which they were given.
    pub app_passwords: Vec<AppPasswordRow>,
    /// Rows with app passwords that cannot be used.
    pub bad: Vec<BadRow>,
    /// Refresh tokens that open.
    pub refresh_tokens: Vec<RefreshTokenRow>,
    /// Rows with refresh tokens that cannot be used.
    pub bad_refresh_tokens: Vec<BadRow>,
    /// What is not read.
    pub left: LeftBehind,
}

impl PeerStore {
    /// Reads the SQLite database at `path`, which is not changed. Each value is opened with the first of `keys` that fits.
    ///
    /// # Errors
    /// [`PeerError`]; a single bad row is none, but if no row opens the key is wrong.
    pub async fn read(path: &Path, keys: &[FernetKey]) -> Result<Self, PeerError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let revision = revision(&mut connection).await?;
        let given = Read::all(&mut connection, APP_PASSWORDS, keys, app_password).await?;
        let given = given.ok_or(PeerError::Foreign)?;
        let refresh = Read::all(&mut connection, REFRESH_TOKENS, keys, refresh_token).await?;
        let refresh = refresh.unwrap_or_default();
        if given.opened + refresh.opened == 0 && given.bad.len() + refresh.bad.len() > 0 {
            return Err(PeerError::WrongKey);
        }
        let left = LeftBehind {
            oauth_clients: count(&mut connection, "oauth_clients").await?,
            audit_entries: count(&mut connection, "audit_logs").await?,
        };
        connection.close().await?;
        Ok(Self {
            revision,
            app_passwords: given.good,
            bad: given.bad,
            refresh_tokens: refresh.good,
            bad_refresh_tokens: refresh.bad,
            left,
        })
    }
}

/// A table with encrypted values. The columns are those that are read; the first two are the owner's and the encrypted one.
struct Table {
    name: &'static str,
    texts: &'static [&'static str],
    encrypted: &'static str,
    numbers: &'static [&'static str],
}

const APP_PASSWORDS: Table = Table {
    name: "app_passwords",
    texts: &["user_id", "scopes", "username"],
    encrypted: "encrypted_password",
    numbers: &["created_at"],
};

const REFRESH_TOKENS: Table = Table {
    name: "refresh_tokens",
    texts: &["user_id", "scopes", "token_audience"],
    encrypted: "encrypted_token",
    numbers: &["created_at", "expires_at"],
};

/// The rows of a table.
struct Read<T> {
    good: Vec<T>,
    bad: Vec<BadRow>,
    opened: usize,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self {
            good: Vec::new(),
            bad: Vec::new(),
            opened: 0,
        }
    }
}

impl<T> Read<T> {
    /// `None`: there is no such table.
    async fn all(
        connection: &mut SqliteConnection,
        table: Table,
        keys: &[FernetKey],
        judge: fn(&SqliteRow, &str, &[u8]) -> Result<T, &'static str>,
    ) -> Result<Option<Self>, PeerError> {
        let Some(statement) = statement(connection, &table).await? else {
            return Ok(None);
        };
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(connection).await?;
        let mut read = Self::default();
        for row in &rows {
            let opened = open(row, keys);
            read.opened += usize::from(opened.is_ok());
            let user_id: String = row.try_get("user_id").unwrap_or_default();
            let judged = match &opened {
                Ok(_) if user_id.is_empty() => Err("it does not say whose it is"),
                Ok(plain) => judge(row, &user_id, plain),
                Err(why) => Err(*why),
            };
            match judged {
                Ok(row) => read.good.push(row),
                Err(why) => read.bad.push(BadRow { user_id, why }),
            }
        }
        Ok(Some(read))
    }
}

async fn revision(connection: &mut SqliteConnection) -> Result<u16, PeerError> {
    if !has_table(connection, "alembic_version").await? {
        return Err(PeerError::Foreign);
    }
    let revisions: Vec<String> = sqlx::query_scalar("SELECT CAST(version_num AS TEXT) FROM alembic_version")
        .fetch_all(connection)
        .await?;
    let [revision] = revisions.as_slice() else {
        return Err(match revisions.first() {
            None => PeerError::Foreign,
            Some(_) => PeerError::Revision(revisions.join(", ")),
        });
    };
    let number = revision
        .parse()
        .ok()
        .filter(|number| (OLDEST..=NEWEST).contains(number));
    number.ok_or_else(|| PeerError::Revision(revision.clone()))
}

/// The older revisions lack columns; what they lack was never said. `None`: there is no such table.
async fn statement(connection: &mut SqliteConnection, table: &Table) -> Result<Option<String>, PeerError> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table.name)
        .fetch_all(connection)
        .await?;
    let has = |column: &str| columns.iter().any(|known| known == column);
    if !has(table.encrypted) {
        return Ok(None);
    }
    let read = |column: &'static str, kind: &str| {
        if has(column) {
            format!(", CAST({column} AS {kind}) AS {column}")
        } else {
            format!(", NULL AS {column}")
        }
    };
    let texts = table.texts.iter().map(|column| read(column, "TEXT"));
    let numbers = table.numbers.iter().map(|column| read(column, "INTEGER"));
    let others: String = texts.chain(numbers).collect();
    Ok(Some(format!(
        "SELECT CAST({} AS BLOB) AS encrypted{others} FROM {} ORDER BY created_at, user_id",
        table.encrypted, table.name
    )))
}

/// The signature is checked before anything else is believed of a row.
fn open(row: &SqliteRow, keys: &[FernetKey]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let token: &[u8] = row.try_get("encrypted").map_err(|_| "it holds no encrypted value")?;
    let mut why = FernetError::Key;
    for key in keys {
        match key.open(token) {
            Ok(plain) => return Ok(plain),
            Err(error) => why = error,
        }
    }
    Err(match why {
        FernetError::Form => "its encrypted value is damaged",
        FernetError::Key => "the key does not open it, or it was changed",
    })
}

fn app_password(row: &SqliteRow, user_id: &str, plain: &[u8]) -> Result<AppPasswordRow, &'static str> {
    let password = std::str::from_utf8(plain).map_err(|_| "its app password is no text")?;
    if password.is_empty() {
        return Err("its app password is empty");
    }
    let scopes: Option<String> = row.try_get("scopes").map_err(|_| UNREADABLE_SCOPES)?;
    let login: Option<String> = row.try_get("username").map_err(|_| "its login name is no text")?;
    let given_at = row
        .try_get("created_at")
        .map_err(|_| "it does not say when it was given")?;
    Ok(AppPasswordRow {
        user_id: user_id.to_owned(),
        login: login.filter(|login| !login.is_empty()),
        password: password.into(),
        limit: limit(scopes.as_deref()).ok_or(UNREADABLE_SCOPES)?,
        given_at,
    })
}

fn refresh_token(row: &SqliteRow, user_id: &str, plain: &[u8]) -> Result<RefreshTokenRow, &'static str> {
    let token = std::str::from_utf8(plain).map_err(|_| "its token is no text")?;
    if token.is_empty() {
        return Err("its token is empty");
    }
    let audience: Option<String> = row.try_get("token_audience").map_err(|_| "its audience is no text")?;
    if audience.is_some_and(|audience| audience != "nextcloud") {
        return Err("it is not for the Nextcloud");
    }
    let scopes: Option<String> = row.try_get("scopes").map_err(|_| UNREADABLE_SCOPES)?;
    let scopes = scopes.unwrap_or_default();
    // A JSON list, or as tokens write it.
    let scopes: Vec<String> =
        serde_json::from_str(&scopes).unwrap_or_else(|_| scopes.split_whitespace().map(str::to_owned).collect());
    let canonical = |name: String| {
        let known = name.parse::<Scope>();
        known.map_or(name, |scope| scope.as_str().to_owned())
    };
    let scopes = scopes.into_iter().map(canonical).collect();
    let number = |column| {
        row.try_get::<Option<i64>, _>(column)
            .map_err(|_| "its times are no numbers")
    };
    Ok(RefreshTokenRow {
        user_id: user_id.to_owned(),
        token: token.into(),
        scopes,
        expires_at: number("expires_at")?.filter(|at| *at > 0),
        given_at: number("created_at")?.unwrap_or_default(),
    })
}

const UNREADABLE_SCOPES: &str = "its scopes are no list of names";

/// NULL is no restriction, an empty list grants nothing. Names that this server has no tools for allow nothing here.
fn limit(scopes: Option<&str>) -> Option<Grants> {
    let Some(text) = scopes else {
        return Some(Grants::Unrestricted);
    };
    match serde_json::from_str::<Option<Vec<String>>>(text).ok()? {
        None => Some(Grants::Unrestricted),
        Some(names) => {
            let known = names.iter().filter_map(|name| name.parse::<Scope>().ok());
            Some(Grants::Only(known.collect::<ScopeSet>()))
        }
    }
}

async fn has_table(connection: &mut SqliteConnection, name: &str) -> Result<bool, PeerError> {
    let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?")
        .bind(name)
        .fetch_one(connection)
        .await?;
    Ok(found > 0)
}

async fn count(connection: &mut SqliteConnection, table: &'static str) -> Result<u64, PeerError> {
    if !has_table(connection, table).await? {
        return Ok(0);
    }
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")))
        .fetch_one(connection)
        .await?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_scopes_are_read_and_nothing_granted_is_not_no_restriction() {
        let notes = Grants::Only(ScopeSet::EMPTY.with(Scope::NotesRead));
        for (text, wanted) in [
            (None, Some(Grants::Unrestricted)),
            (Some("null"), Some(Grants::Unrestricted)),
            (Some("[]"), Some(Grants::Only(ScopeSet::EMPTY))),
            (Some(r#"["notes:read"]"#), Some(notes)),
            (Some(r#"["notes.read", "talk.read"]"#), Some(notes)),
            (Some(r#"["talk.read"]"#), Some(Grants::Only(ScopeSet::EMPTY))),
            (Some("notes.read"), None),
            (Some("{}"), None),
            (Some(""), None),
        ] {
            assert_eq!(limit(text), wanted, "{text:?}");
        }
    }
}
