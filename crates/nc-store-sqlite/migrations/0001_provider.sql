-- What the authorization server knows. Tokens, codes and secrets are here as SHA-256 only; what must be read again is
-- sealed. A `document` is a JSON text of the provider's, which no statement looks into. Times are Unix seconds, UTC;
-- what ends at a time is no longer good in that second.

CREATE TABLE clients (
    -- Never used twice: administrators' programs remember it.
    number             INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As on the wire.
    client_id          TEXT NOT NULL UNIQUE,
    -- A word of `ClientKind`.
    kind               TEXT NOT NULL,
    document           TEXT NOT NULL,
    secret             BLOB,
    registration_token BLOB,
    created_at         INTEGER NOT NULL,
    -- NULL: it never got a token.
    last_token_at      INTEGER,
    -- NULL: it does not end.
    expires_at         INTEGER,
    disabled           INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Counts the clients of a kind and finds the oldest that was never used.
CREATE INDEX clients_by_use ON clients (kind, last_token_at, created_at);
CREATE INDEX clients_by_end ON clients (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE resources (
    uri      TEXT PRIMARY KEY,
    -- Without its client a resource has nobody who speaks for it.
    owner    TEXT REFERENCES clients (client_id) ON DELETE SET NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX resources_by_owner ON resources (owner) WHERE owner IS NOT NULL;

CREATE TABLE tickets (
    -- A word of `TicketKind`.
    kind       TEXT NOT NULL,
    key        BLOB NOT NULL,
    document   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE INDEX tickets_by_end ON tickets (expires_at);

-- The families: codes and tokens that come from one act of giving.
CREATE TABLE grants (
    -- The order in which they were given.
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    -- NULL: the client acts for itself.
    subject    TEXT,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    -- The browser session in which it was given.
    sid        TEXT,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- NULL: it is live.
    revoked_at INTEGER
) STRICT;

CREATE INDEX grants_by_subject ON grants (subject, created_at) WHERE revoked_at IS NULL;
CREATE INDEX grants_by_client ON grants (client_id);

CREATE TABLE codes (
    code       BLOB PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    document   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- How often. A spent code stays until its end, so that a second use is noticed.
    spent      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_end ON codes (expires_at);

CREATE TABLE refresh_tokens (
    token      BLOB PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    -- The token that it replaced. No reference: it may be gone already.
    parent     BLOB,
    -- A word of `RefreshState`.
    state      TEXT NOT NULL,
    spent_at   INTEGER,
    successor  BLOB,
    document   TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE access_tokens (
    -- SHA-256 of an opaque token, or of the `jti` of a signed one.
    token      BLOB PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    document   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE consents (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    subject    TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    -- Empty: for no resource.
    resource   TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (subject, client_id, resource)
) STRICT;

CREATE INDEX consents_by_client ON consents (client_id);
CREATE INDEX consents_by_end ON consents (expires_at);

-- One row for each scope, so that no length limit ever cuts the list.
CREATE TABLE consent_scopes (
    consent  INTEGER NOT NULL REFERENCES consents (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    scope    TEXT NOT NULL,
    PRIMARY KEY (consent, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    kid        TEXT PRIMARY KEY,
    algorithm  TEXT NOT NULL,
    -- A word of `KeyState`.
    state      TEXT NOT NULL,
    -- The private key; opens only with the sealing key, which is not in the database.
    sealed     BLOB NOT NULL,
    public     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    secret     BLOB PRIMARY KEY,
    sid        TEXT NOT NULL UNIQUE,
    subject    TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_subject ON sessions (subject);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Rows are never deleted: a subject identifier belongs to one account for ever.
CREATE TABLE subjects (
    -- Names the cloud.
    base       TEXT NOT NULL,
    -- The account in it.
    uid        TEXT NOT NULL,
    subject    TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (base, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
