-- Open Cloud Mesh: shares to and from other servers. What is secret is sealed for its row, or a digest under a key.

CREATE TABLE ocm_out_share (
    -- The number in the sharing API. Never used twice.
    number         BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- `providerId`.
    id             TEXT NOT NULL UNIQUE,
    owner          TEXT NOT NULL,
    node           BIGINT NOT NULL,
    -- Normalised `host[:port]`.
    recipient_host TEXT NOT NULL,
    -- Digest under a key. NULL: revoked.
    secret         BYTEA UNIQUE,
    -- Only where notifications to the other server need it.
    secret_sealed  BYTEA,
    -- Rises with everything that ends tokens.
    generation     BIGINT NOT NULL DEFAULT 1,
    -- A word of `OutShareState`.
    state          TEXT NOT NULL,
    document       TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    -- NULL: it does not end.
    expires_at     BIGINT,
    revoked_at     BIGINT
);

CREATE INDEX ocm_out_share_by_owner ON ocm_out_share (owner, number) WHERE state = 'live';
CREATE INDEX ocm_out_share_by_node ON ocm_out_share (node, number) WHERE state = 'live';
CREATE INDEX ocm_out_share_by_end ON ocm_out_share (expires_at) WHERE state = 'live' AND expires_at IS NOT NULL;
CREATE INDEX ocm_out_share_by_recipient ON ocm_out_share (recipient_host);

CREATE TABLE ocm_reshare (
    share_id  TEXT PRIMARY KEY REFERENCES ocm_out_share (id) ON DELETE CASCADE,
    -- The id at the other server.
    remote_id TEXT NOT NULL
);

CREATE TABLE ocm_in_share (
    -- The number in the sharing API. Never used twice.
    number        BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id            TEXT NOT NULL UNIQUE,
    -- Normalised `host[:port]`.
    sender_host   TEXT NOT NULL,
    -- The id there.
    provider_id   TEXT NOT NULL,
    -- `user` or `group`.
    share_type    TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    -- A word of `InShareState`.
    state         TEXT NOT NULL,
    document      TEXT NOT NULL,
    -- NULL: it opens nothing any more.
    secret_sealed BYTEA,
    created_at    BIGINT NOT NULL,
    -- NULL: it does not end.
    expires_at    BIGINT,
    UNIQUE (sender_host, provider_id, share_type, recipient)
);

CREATE INDEX ocm_in_share_declined ON ocm_in_share (number) WHERE state = 'declined';
CREATE INDEX ocm_in_share_by_provider_id ON ocm_in_share (provider_id);

-- Members of a group decide each for themselves.
CREATE TABLE ocm_in_share_member (
    share_id    TEXT NOT NULL REFERENCES ocm_in_share (id) ON DELETE CASCADE,
    user_id     TEXT COLLATE "C" NOT NULL,
    -- A word of `InShareState`.
    state       TEXT NOT NULL,
    -- NULL: not accepted.
    mount_point TEXT,
    PRIMARY KEY (share_id, user_id)
);

CREATE INDEX ocm_in_share_member_by_user ON ocm_in_share_member (user_id);
CREATE INDEX ocm_in_share_member_by_state ON ocm_in_share_member (state, share_id);

CREATE TABLE ocm_peer (
    -- Normalised `host[:port]`.
    host        TEXT COLLATE "C" PRIMARY KEY,
    document    TEXT NOT NULL,
    -- It ever sent a message with a good signature.
    ever_signed BOOLEAN NOT NULL DEFAULT FALSE,
    changed_at  BIGINT NOT NULL
);

CREATE TABLE ocm_sign_key (
    kid        TEXT COLLATE "C" PRIMARY KEY,
    algorithm  TEXT NOT NULL,
    -- A word of `KeyState`.
    state      TEXT NOT NULL,
    sealed     BYTEA NOT NULL,
    public     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE ocm_outbox (
    -- The order of storing.
    number     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    host       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    sealed     BYTEA NOT NULL,
    attempts   BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX ocm_outbox_by_time ON ocm_outbox (next_at);
CREATE INDEX ocm_outbox_by_end ON ocm_outbox (expires_at);

CREATE TABLE ocm_contact (
    owner      TEXT NOT NULL,
    -- Normalised `host[:port]`.
    host       TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    document   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner, host, user_id)
);
