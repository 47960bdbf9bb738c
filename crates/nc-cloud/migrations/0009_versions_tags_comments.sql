-- What hangs on files: former content, tags, comments. Times are Unix seconds, UTC.

-- The label of the content that the file has now.
ALTER TABLE files ADD COLUMN version_label TEXT NOT NULL DEFAULT '';

-- Content that was replaced. The bytes lie in the owner's folder `versions`, named `<file_id>.<id>`.
CREATE TABLE versions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id     INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    -- When the content was last changed; what Nextcloud names a version by.
    modified_at INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    -- A labelled version is never thinned out; empty for none.
    label       TEXT NOT NULL,
    author      TEXT NOT NULL,
    UNIQUE (file_id, modified_at)
) STRICT;

-- Tags of the whole cloud.
CREATE TABLE system_tags (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL,
    user_visible    INTEGER NOT NULL,
    user_assignable INTEGER NOT NULL,
    color           TEXT NOT NULL DEFAULT '',
    etag            TEXT NOT NULL,
    UNIQUE (name, user_visible, user_assignable)
) STRICT;

CREATE TABLE system_tags_of_files (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    tag_id  INTEGER NOT NULL REFERENCES system_tags (id) ON DELETE CASCADE,
    PRIMARY KEY (file_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX system_tags_of_files_by_tag ON system_tags_of_files (tag_id);

CREATE TABLE comments (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id           INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    -- The comment that it answers, and the one that began it all; 0 for none.
    parent_id         INTEGER NOT NULL,
    topmost_parent_id INTEGER NOT NULL,
    actor_id          TEXT NOT NULL,
    verb              TEXT NOT NULL,
    message           TEXT NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX comments_by_file ON comments (file_id, created_at);

-- How far somebody has read.
CREATE TABLE comments_read (
    user_id      TEXT NOT NULL,
    file_id      INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    last_comment INTEGER NOT NULL,
    read_at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, file_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX comments_read_by_file ON comments_read (file_id);
