-- Settings of the Notes app; a row appears with the first change.

CREATE TABLE notes_settings (
    user_id     TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    notes_path  TEXT NOT NULL,
    file_suffix TEXT NOT NULL,
    note_mode   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
