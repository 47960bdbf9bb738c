-- Accounts, their groups and their app passwords. Times are Unix seconds, UTC.

CREATE TABLE instance (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,
    -- Sign-in ignores case, so no two accounts may differ in case only.
    id_folded     TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    email         TEXT,
    email_folded  TEXT UNIQUE,
    -- argon2id, PHC string.
    password_hash TEXT NOT NULL,
    -- NULL: no limit.
    quota_bytes   INTEGER,
    enabled       INTEGER NOT NULL DEFAULT 1,
    -- Profile fields that a person edits (phone, address, ...), a JSON object of texts.
    profile       TEXT NOT NULL DEFAULT '{}',
    created_at    INTEGER NOT NULL,
    first_login_at INTEGER,
    last_login_at  INTEGER
) STRICT;

CREATE TABLE group_members (
    group_id TEXT NOT NULL,
    user_id  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE app_passwords (
    id           INTEGER PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Shown to the person who revokes it: the client that asked.
    name         TEXT NOT NULL,
    -- SHA-256; the password itself is never stored.
    token_hash   BLOB NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX app_passwords_by_user ON app_passwords (user_id);
