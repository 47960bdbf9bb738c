//! Looks for secrets in bytes, as they are and in the forms in which they could hide.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use regex::bytes::{Regex, RegexBuilder};
use sqlx::{AssertSqlSafe, Row as _, SqlitePool, sqlite::SqliteConnectOptions};

use crate::harvest::Secrets;

/// All forms of all secrets as one pattern.
pub(crate) struct Search {
    pattern: Regex,
    forms: HashMap<Vec<u8>, String>,
}

impl Search {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        let mut forms = HashMap::new();
        for (secret, place) in secrets {
            for (form, bytes) in forms_of(secret) {
                forms.insert(bytes, format!("{place}, {form}"));
            }
        }
        let alternatives: Vec<String> = forms.keys().map(|bytes| literal(bytes)).collect();
        let pattern = RegexBuilder::new(&format!("(?-u){}", alternatives.join("|")))
            .size_limit(1 << 28)
            .build()
            .expect("a pattern");
        Self { pattern, forms }
    }

    /// What was found in `bytes`: the origin of each secret, and what stands before it.
    pub(crate) fn in_bytes(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let found = self.pattern.find_iter(bytes).map(|found| {
            let before = &bytes[found.start().saturating_sub(60)..found.start()];
            let what = self.forms.get(found.as_bytes()).map_or("?", String::as_str);
            format!("{place}: {what}, after {:?}", String::from_utf8_lossy(before))
        });
        found.collect()
    }

    /// Every file of a folder but the keys, which are apart from what they open.
    pub(crate) fn in_files(&self, folder: &Path, keys: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for file in files(folder) {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            if !keys.contains(&name.as_str()) {
                found.extend(self.in_bytes(&name, &fs::read(&file).expect("readable")));
            }
        }
        found
    }

    /// Every column of every table: a long value lies in several pieces in the file.
    pub(crate) async fn in_tables(&self, database: &Path) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(database).read_only(true);
        let pool = SqlitePool::connect_with(options).await.expect("a database");
        let mut found = Vec::new();
        let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&pool)
            .await
            .expect("tables");
        assert!(tables.len() > 5, "{tables:?}");
        for table in tables {
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
                .bind(&table)
                .fetch_all(&pool)
                .await
                .expect("columns");
            for column in columns {
                let query =
                    format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
                let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&pool).await.expect("rows");
                for row in rows {
                    found.extend(self.in_bytes(&format!("{table}.{column}"), row.get::<&[u8], _>(0)));
                }
            }
        }
        pool.close().await;
        found
    }
}

fn literal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!(r"\x{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files
}

/// A secret as it is, as hexadecimal digits and as base64; and what it stands for, where it is written in one of these.
fn forms_of(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let body = random_part(secret);
    let bytes = body.as_bytes();
    let mut forms = vec![("as it is", bytes.to_vec())];
    forms.push(("hexadecimal", hex::encode(bytes).into_bytes()));
    forms.push(("hexadecimal capitals", hex::encode_upper(bytes).into_bytes()));
    for offset in 0..3 {
        forms.push(("base64", inside_base64(bytes, offset)));
    }
    let decoded = hex::decode(body).or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(body));
    if let Ok(decoded) = decoded
        && decoded.len() >= 16
    {
        forms.push(("decoded", decoded));
    }
    forms
}

/// Without what all secrets of the kind have in common; of a signed token, the signature.
fn random_part(secret: &str) -> &str {
    let body = secret.rsplit_once('.').map_or(secret, |(_, signature)| signature);
    let body = body.rsplit_once(':').map_or(body, |(_, handle)| handle);
    let prefixed = body.starts_with("nc") && body.as_bytes().get(3) == Some(&b'_');
    let rest = if prefixed { &body[4..] } else { body };
    // What is left of something else is no secret any more.
    if rest.len() < 16 { secret } else { rest }
}

/// What base64 makes of the bytes behind `offset` others, whatever these are and whatever follows.
fn inside_base64(bytes: &[u8], offset: usize) -> Vec<u8> {
    let padded = [&vec![0; offset][..], bytes].concat();
    let text = BASE64_STANDARD.encode(&padded).into_bytes();
    let first = [0, 2, 3][offset];
    text[first..padded.len() * 8 / 6].to_vec()
}
