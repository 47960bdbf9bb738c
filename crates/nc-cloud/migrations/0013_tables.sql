-- The app Tables. Times are Unix seconds, UTC.

CREATE TABLE tables_tables (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    owner       TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    title       TEXT NOT NULL,
    emoji       TEXT,
    description TEXT NOT NULL,
    archived    INTEGER NOT NULL DEFAULT 0,
    created_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_by  TEXT NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX tables_tables_by_owner ON tables_tables (owner);

CREATE TABLE tables_columns (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id   INTEGER NOT NULL REFERENCES tables_tables (id) ON DELETE CASCADE,
    -- The column as the interface shows it, JSON; number, table, people and times stand beside it.
    settings   TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tables_columns_by_table ON tables_columns (table_id);

CREATE TABLE tables_rows (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id   INTEGER NOT NULL REFERENCES tables_tables (id) ON DELETE CASCADE,
    -- JSON object: column numbers and values. Numbers are never used twice, so those of deleted columns may stay.
    cells      TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tables_rows_by_table ON tables_rows (table_id);

CREATE TABLE tables_views (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id    INTEGER NOT NULL REFERENCES tables_tables (id) ON DELETE CASCADE,
    title       TEXT NOT NULL,
    emoji       TEXT,
    description TEXT NOT NULL,
    -- JSON lists, as the interface shows them.
    columns     TEXT NOT NULL DEFAULT '[]',
    filter      TEXT NOT NULL DEFAULT '[]',
    sort        TEXT NOT NULL DEFAULT '[]',
    created_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_by  TEXT NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX tables_views_by_table ON tables_views (table_id);

CREATE TABLE tables_shares (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id      INTEGER NOT NULL REFERENCES tables_tables (id) ON DELETE CASCADE,
    sender        TEXT NOT NULL,
    -- user or group.
    receiver_type TEXT NOT NULL,
    receiver      TEXT NOT NULL,
    may_read      INTEGER NOT NULL,
    may_create    INTEGER NOT NULL,
    may_update    INTEGER NOT NULL,
    may_delete    INTEGER NOT NULL,
    may_manage    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    UNIQUE (table_id, receiver_type, receiver)
) STRICT;

CREATE INDEX tables_shares_by_receiver ON tables_shares (receiver_type, receiver);

-- What people marked: a table, or one of its views (0: the table itself).
CREATE TABLE tables_favorites (
    user_id  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    table_id INTEGER NOT NULL REFERENCES tables_tables (id) ON DELETE CASCADE,
    view_id  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, table_id, view_id)
) STRICT, WITHOUT ROWID;
