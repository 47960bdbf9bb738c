-- The Cookbook app. A recipe is a folder in the user's files, so these are a setting and a memory.

-- Settings as JSON; a row appears with the first change.
CREATE TABLE cookbook_config (
    user_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    config  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What lists and searches tell of a recipe, as JSON, read from its file whenever the file's tag moved.
CREATE TABLE cookbook_recipes (
    user_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    folder_id INTEGER NOT NULL,
    etag      TEXT NOT NULL,
    summary   TEXT NOT NULL,
    PRIMARY KEY (user_id, folder_id)
) STRICT, WITHOUT ROWID;
