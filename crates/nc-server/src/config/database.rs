//! Which database holds what the authorization server knows.

use std::{fmt, path::PathBuf};

use secrecy::SecretString;

use super::{
    layers::{ConfigError, Layers},
    resolve::conflict,
};

/// The database.
#[derive(Clone, Default)]
pub enum Database {
    /// `provider.db` in the data folder.
    #[default]
    InFolder,
    /// This SQLite file.
    File(PathBuf),
    /// The PostgreSQL database at this address.
    Postgres(SecretString),
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFolder => formatter.write_str("InFolder"),
            Self::File(path) => write!(formatter, "File({})", path.display()),
            Self::Postgres(_) => formatter.write_str("Postgres"),
        }
    }
}

/// A path, or an address; also as `SQLAlchemy` writes it. The text is never repeated: it may hold a password.
pub(super) fn read(layers: &Layers, has_sealing_key: bool) -> Result<Database, ConfigError> {
    let text = layers.given("oauth.database").unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(Database::InFolder);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(Database::File(PathBuf::from(text)));
    };
    match scheme.split('+').next() {
        Some("postgres" | "postgresql") if !has_sealing_key => Err(conflict(
            "oauth.database is a PostgreSQL database, which several servers share: they need the same key, so set \
             TOKEN_ENCRYPTION_KEY (for example to the output of `openssl rand -base64 32 | tr '+/' '-_'`)",
        )),
        Some("postgres" | "postgresql") => Ok(Database::Postgres(format!("postgres://{rest}").into())),
        Some("sqlite") if rest.len() > 1 && rest.starts_with('/') => Ok(Database::File(PathBuf::from(&rest[1..]))),
        _ => Err(conflict(
            "oauth.database must be the path of an SQLite file, or postgres://user:password@host/database",
        )),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::config::{Config, Environment};

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn resolve(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let environment: Environment = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let layers = Layers::read(None, &environment, &[]).map_err(|error| error.to_string())?;
        Config::resolve(&layers).map_err(|error| error.to_string())
    }

    fn said(text: &str) -> String {
        let config = resolve(&[("TOKEN_STORAGE_DB", text), ("TOKEN_ENCRYPTION_KEY", KEY)]).expect("settings");
        match config.oauth.database {
            Database::InFolder => "folder".to_owned(),
            Database::File(path) => path.display().to_string(),
            Database::Postgres(address) => address.expose_secret().to_owned(),
        }
    }

    #[test]
    fn paths_and_addresses_are_told_apart() {
        for (text, wanted) in [
            ("", "folder"),
            ("data/tokens.db", "data/tokens.db"),
            ("sqlite+aiosqlite:////app/tokens.db", "/app/tokens.db"),
            ("sqlite:///tokens.db", "tokens.db"),
            ("postgres://ann:pw@db/mcp", "postgres://ann:pw@db/mcp"),
            (
                "postgresql+psycopg://ann:pw@db/mcp?sslmode=require",
                "postgres://ann:pw@db/mcp?sslmode=require",
            ),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_shared_database_needs_a_shared_key_and_its_password_is_never_said() {
        let address = ("TOKEN_STORAGE_DB", "postgres://ann:hush@db/mcp");
        let error = resolve(&[address]).expect_err("refused");
        assert!(
            error.contains("TOKEN_ENCRYPTION_KEY") && !error.contains("hush"),
            "{error}"
        );
        let config = resolve(&[address, ("TOKEN_ENCRYPTION_KEY", KEY)]).expect("settings");
        assert!(!format!("{config:?}").contains("hush"));
        for wrong in ["mysql://ann:hush@db/mcp", "sqlite://hush", "postgress://ann:hush@db"] {
            let error = resolve(&[("TOKEN_STORAGE_DB", wrong), ("TOKEN_ENCRYPTION_KEY", KEY)]).expect_err("refused");
            assert!(error.contains("oauth.database") && !error.contains("hush"), "{error}");
        }
    }
}
