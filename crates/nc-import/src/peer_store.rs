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
    /// Refresh tokens of people.
    pub refresh_tokens: u64,
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
        let rows = sqlx::query(AssertSqlSafe(statement(&mut connection).await?))
            .fetch_all(&mut connection)
            .await?;
        let (mut app_passwords, mut bad) = (Vec::new(), Vec::new());
        let mut is_key_good = rows.is_empty();
        for row in &rows {
            let opened = open(row, keys);
            is_key_good |= opened.is_ok();
            let user_id: String = row.try_get("user_id").unwrap_or_default();
            match opened.and_then(|plain| app_password(row, &user_id, &plain)) {
                Ok(row) => app_passwords.push(row),
                Err(why) => bad.push(BadRow { user_id, why }),
            }
        }
        if !is_key_good {
            return Err(PeerError::WrongKey);
        }
        let left = LeftBehind {
            refresh_tokens: count(&mut connection, "refresh_tokens").await?,
            oauth_clients: count(&mut connection, "oauth_clients").await?,
            audit_entries: count(&mut connection, "audit_logs").await?,
        };
        connection.close().await?;
        Ok(Self {
            revision,
            app_passwords,
            bad,
            left,
        })
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

/// The older revisions lack columns; what they lack was never said.
async fn statement(connection: &mut SqliteConnection) -> Result<String, PeerError> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('app_passwords')")
        .fetch_all(connection)
        .await?;
    if !columns.iter().any(|column| column == "encrypted_password") {
        return Err(PeerError::Foreign);
    }
    let text = |column: &'static str| {
        if columns.iter().any(|known| known == column) {
            format!("CAST({column} AS TEXT)")
        } else {
            "NULL".to_owned()
        }
    };
    Ok(format!(
        "SELECT CAST(user_id AS TEXT) AS user_id, CAST(encrypted_password AS BLOB) AS encrypted_password, \
         CAST(created_at AS INTEGER) AS created_at, {} AS scopes, {} AS username \
         FROM app_passwords ORDER BY created_at, user_id",
        text("scopes"),
        text("username"),
    ))
}

/// The signature is checked before anything else is believed of a row.
fn open(row: &SqliteRow, keys: &[FernetKey]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let token: &[u8] = row
        .try_get("encrypted_password")
        .map_err(|_| "it holds no encrypted value")?;
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
    if user_id.is_empty() {
        return Err("it does not say whose it is");
    }
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
