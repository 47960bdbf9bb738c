-- Clients that are still to be told that a session ended. Written with the end of the session, gone when the client was told.
CREATE TABLE logout_notices (
    -- The order of storing.
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    -- No reference: a client that is gone is not told, and must not keep a session from ending.
    client_id  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    sid        TEXT NOT NULL,
    -- Until then whoever wrote it, or is telling the client, sees to it alone.
    next_at    INTEGER NOT NULL,
    -- When it is given up.
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX logout_notices_by_time ON logout_notices (next_at);
CREATE INDEX logout_notices_by_end ON logout_notices (expires_at);
