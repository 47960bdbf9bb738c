-- When a note was last seen to differ, so that clients are told what changed since they asked (`pruneBefore`). A file's
-- own time does not do: it may be set back, and does not move with a rename or a mark.

CREATE TABLE notes_seen (
    user_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    file_id    INTEGER NOT NULL,
    etag       TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, file_id)
) STRICT, WITHOUT ROWID;
