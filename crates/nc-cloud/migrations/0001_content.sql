-- What the cloud knows about files. The bytes lie as plain files in the data directory. Times are Unix seconds, UTC.

CREATE TABLE files (
    -- The file id: never used twice, kept when a file is moved.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The user in whose tree the file lies.
    owner         TEXT NOT NULL,
    -- NULL for the root of a tree only.
    parent        INTEGER REFERENCES files (id) ON DELETE CASCADE,
    -- Names with `/` between them, without one at the start; empty for the root.
    path          TEXT NOT NULL,
    name          TEXT NOT NULL,
    -- For searching without regard to case: SQLite folds ASCII only.
    name_folded   TEXT NOT NULL,
    is_folder     INTEGER NOT NULL,
    -- NULL for folders.
    mime          TEXT,
    -- Of everything inside, for folders.
    size          INTEGER NOT NULL,
    mtime         INTEGER NOT NULL,
    etag          TEXT NOT NULL,
    -- As the uploader gave and we verified it: `SHA1:…`.
    checksums     TEXT,
    -- 0: not given.
    creation_time INTEGER NOT NULL DEFAULT 0,
    upload_time   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (owner, path)
) STRICT;

CREATE INDEX files_by_parent ON files (parent, is_folder, name);

CREATE TABLE favorites (
    user_id TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, file_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX favorites_by_file ON favorites (file_id);

-- Properties that clients made up; the value is a whole XML element.
CREATE TABLE properties (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    -- Clark notation, `{namespace}local`.
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (file_id, user_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE locks (
    token      TEXT PRIMARY KEY,
    file_id    INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    exclusive  INTEGER NOT NULL,
    -- Whether it covers what is inside.
    deep       INTEGER NOT NULL,
    -- The `d:owner` of the request, a whole XML element.
    owner_info TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX locks_by_file ON locks (file_id);

-- Changes of the data directory that were promised by a commit. They are done right after it; what a crash left over is
-- done at the next start. Paths are relative to the data directory.
CREATE TABLE pending (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    source TEXT,
    target TEXT NOT NULL
) STRICT;
