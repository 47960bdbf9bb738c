-- What people deleted. The rows of its files stay, with their ids, favourites and properties; their `owner` is the user
-- with `/trash` behind, which no user id is, and their `path` begins with `NAME.d<deleted_at>`. Times are Unix seconds, UTC.

CREATE TABLE trash (
    -- What was deleted; what lies in a deleted folder has no row of its own.
    file_id           INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    owner             TEXT NOT NULL,
    -- Where it lay, as in `files.path`.
    original_location TEXT NOT NULL,
    deleted_at        INTEGER NOT NULL,
    deleted_by        TEXT NOT NULL
) STRICT;

CREATE INDEX trash_by_owner ON trash (owner, deleted_at);
