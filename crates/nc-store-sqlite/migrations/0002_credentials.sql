-- What people gave for another server, sealed.
CREATE TABLE credentials (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Who is good for the subject identifier.
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    -- A word of `CredentialKind`.
    kind       TEXT NOT NULL,
    -- A word of `CredentialState`.
    state      TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    -- NULL: it does not end by itself.
    expires_at INTEGER
) STRICT;

-- One of a kind; those that are still to be taken back elsewhere do not count.
CREATE UNIQUE INDEX credentials_in_use ON credentials (issuer, subject, kind) WHERE state <> 'discarded';
