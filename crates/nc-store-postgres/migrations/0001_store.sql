-- What the authorization server knows. Tokens, codes and secrets are here as SHA-256 only; what must be read again is
-- sealed. A `document` is a JSON text of the provider's, which no statement looks into. Times are Unix seconds, UTC;
-- what ends at a time is no longer good in that second. Columns that lists are ordered by are compared byte by byte.

CREATE TABLE clients (
    -- Never used twice: administrators' programs remember it.
    number             BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- As on the wire.
    client_id          TEXT NOT NULL UNIQUE,
    -- A word of `ClientKind`.
    kind               TEXT NOT NULL,
    document           TEXT NOT NULL,
    secret             BYTEA,
    registration_token BYTEA,
    created_at         BIGINT NOT NULL,
    -- NULL: it never got a token.
    last_token_at      BIGINT,
    -- NULL: it does not end.
    expires_at         BIGINT,
    disabled           BOOLEAN NOT NULL DEFAULT FALSE
);

-- Counts the clients of a kind and finds the oldest that was never used.
CREATE INDEX clients_by_use ON clients (kind, last_token_at, created_at);
CREATE INDEX clients_by_end ON clients (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE resources (
    uri      TEXT COLLATE "C" PRIMARY KEY,
    -- Without its client a resource has nobody who speaks for it.
    owner    TEXT REFERENCES clients (client_id) ON DELETE SET NULL,
    document TEXT NOT NULL
);

CREATE INDEX resources_by_owner ON resources (owner) WHERE owner IS NOT NULL;

CREATE TABLE tickets (
    -- A word of `TicketKind`.
    kind       TEXT NOT NULL,
    key        BYTEA NOT NULL,
    document   TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE INDEX tickets_by_end ON tickets (expires_at);

-- The families: codes and tokens that come from one act of giving.
CREATE TABLE grants (
    -- The order in which they were given.
    number     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id         TEXT NOT NULL UNIQUE,
    -- NULL: the client acts for itself.
    subject    TEXT,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    -- The browser session in which it was given.
    sid        TEXT,
    document   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- NULL: it is live.
    revoked_at BIGINT
);

CREATE INDEX grants_by_subject ON grants (subject, created_at) WHERE revoked_at IS NULL;
CREATE INDEX grants_by_client ON grants (client_id);

CREATE TABLE codes (
    code       BYTEA PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    document   TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- How often. A spent code stays until its end, so that a second use is noticed.
    spent      BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_end ON codes (expires_at);

CREATE TABLE refresh_tokens (
    token      BYTEA PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    -- The token that it replaced. No reference: it may be gone already.
    parent     BYTEA,
    -- A word of `RefreshState`.
    state      TEXT NOT NULL,
    spent_at   BIGINT,
    successor  BYTEA,
    document   TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE access_tokens (
    -- SHA-256 of an opaque token, or of the `jti` of a signed one.
    token      BYTEA PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    document   TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE consents (
    number     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    subject    TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    -- Empty: for no resource.
    resource   TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (subject, client_id, resource)
);

CREATE INDEX consents_by_client ON consents (client_id);
CREATE INDEX consents_by_end ON consents (expires_at);

-- One row for each scope, so that no length limit ever cuts the list.
CREATE TABLE consent_scopes (
    consent  BIGINT NOT NULL REFERENCES consents (number) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    scope    TEXT NOT NULL,
    PRIMARY KEY (consent, position)
);

CREATE TABLE signing_keys (
    kid        TEXT COLLATE "C" PRIMARY KEY,
    algorithm  TEXT NOT NULL,
    -- A word of `KeyState`.
    state      TEXT NOT NULL,
    -- The private key; opens only with the sealing key, which is not in the database.
    sealed     BYTEA NOT NULL,
    public     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    secret     BYTEA PRIMARY KEY,
    sid        TEXT NOT NULL UNIQUE,
    subject    TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_subject ON sessions (subject);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Rows are never deleted: a subject identifier belongs to one account for ever.
CREATE TABLE subjects (
    -- Names the cloud.
    base       TEXT NOT NULL,
    -- The account in it.
    uid        TEXT NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    -- For whom the credential of another server is kept that signs people in, wherever it lies.
    -- NULL: there is none. Else the Unix second until which it is needed even if nothing is granted: somebody who signed in
    -- may still be asked what is to be granted.
    credential_needed_until BIGINT,
    PRIMARY KEY (base, uid)
);

CREATE INDEX subjects_by_credential ON subjects (credential_needed_until) WHERE credential_needed_until IS NOT NULL;

CREATE TABLE settings (
    key   TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE audit (
    -- Given by whoever appends, and never used twice: `audit_ends` knows the highest also when its entry is gone.
    number   BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    event    TEXT NOT NULL,
    document TEXT NOT NULL,
    -- Covers that of the entry before.
    tag      BYTEA
);

CREATE INDEX audit_by_time ON audit (at);

-- Where the chain begins and ends.
CREATE TABLE audit_ends (
    -- A word of `WhichEnd`.
    which  TEXT PRIMARY KEY,
    -- The entry before the first, or the last.
    number BIGINT NOT NULL,
    -- Its tag; empty: nothing was before.
    tag    BYTEA NOT NULL,
    -- Tag of this row.
    seal   BYTEA NOT NULL
);

-- What people gave for another server, sealed.
CREATE TABLE credentials (
    number     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- Who is good for the subject identifier.
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    -- A word of `CredentialKind`.
    kind       TEXT NOT NULL,
    -- A word of `CredentialState`.
    state      TEXT NOT NULL,
    sealed     BYTEA NOT NULL,
    document   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- NULL: it does not end by itself.
    expires_at BIGINT
);

-- One of a kind; those that are still to be taken back elsewhere do not count.
CREATE UNIQUE INDEX credentials_in_use ON credentials (issuer, subject, kind) WHERE state <> 'discarded';
