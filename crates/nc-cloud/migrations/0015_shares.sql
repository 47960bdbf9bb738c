-- What people share with each other and with everybody. Times are Unix seconds, UTC.

CREATE TABLE shares (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 0 user, 1 group, 3 link, 4 mail address.
    share_type    INTEGER NOT NULL,
    file_id       INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    -- In whose tree the file lies. What was deleted belongs to another owner until it comes back, and is not shared then.
    file_owner    TEXT NOT NULL,
    -- Who shared it: the file's owner, or somebody with whom it was shared and who may share on.
    owner         TEXT NOT NULL,
    -- A user, a group or a mail address; NULL for links.
    share_with    TEXT,
    permissions   INTEGER NOT NULL,
    -- The name under which it first appears at those with whom it is shared.
    target_name   TEXT NOT NULL,
    token         TEXT UNIQUE,
    -- argon2id, PHC string.
    password_hash TEXT,
    label         TEXT NOT NULL DEFAULT '',
    note          TEXT NOT NULL DEFAULT '',
    hide_download INTEGER NOT NULL DEFAULT 0,
    -- A JSON list as it came, or NULL.
    attributes    TEXT,
    -- The midnight with which it ends; NULL: never.
    expires_at    INTEGER,
    shared_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX shares_by_file ON shares (file_id);
CREATE INDEX shares_by_recipient ON shares (share_with, share_type);
CREATE INDEX shares_by_owner ON shares (owner);
CREATE INDEX shares_by_file_owner ON shares (file_owner);

-- What one with whom something is shared made of it. Without a row: accepted, at its first name in the root.
CREATE TABLE share_recipients (
    share_id      INTEGER NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
    user_id       TEXT NOT NULL,
    -- 0 pending, 1 accepted, 2 declined.
    state         INTEGER NOT NULL,
    -- The folder of the user's own that it was moved to; NULL: the root. A folder that goes away leaves it there.
    target_parent INTEGER REFERENCES files (id) ON DELETE SET NULL,
    -- NULL: the share's own.
    target_name   TEXT,
    PRIMARY KEY (share_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX share_recipients_by_user ON share_recipients (user_id);
CREATE INDEX share_recipients_by_parent ON share_recipients (target_parent);

-- Who wants to be asked before something that is shared appears among the own files.
CREATE TABLE share_settings (
    user_id        TEXT PRIMARY KEY,
    default_accept INTEGER NOT NULL
) STRICT;
