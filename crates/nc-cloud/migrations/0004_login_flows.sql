-- Login Flow v2: flows that were started and not yet fetched. No secret is stored: tokens as SHA-256, and the app
-- password comes into being when the program fetches it.

CREATE TABLE login_flows (
    poll_hash    BLOB PRIMARY KEY,
    login_hash   BLOB NOT NULL UNIQUE,
    -- The browser in which the link was opened last; anew after sign-in.
    browser_hash BLOB UNIQUE,
    -- The asking program, as it names itself.
    client       TEXT NOT NULL,
    -- Who signed in.
    user_id      TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    granted      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_flows_by_age ON login_flows (created_at);
