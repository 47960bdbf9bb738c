-- Secrets of shares are exchanged for access tokens. Rows from before this have NULL, and go on with the secret itself.

-- The token map: names of tokens, never their text.
CREATE TABLE ocm_issued_token (
    jti         TEXT COLLATE "C" PRIMARY KEY,
    share_id    TEXT NOT NULL REFERENCES ocm_out_share (id) ON DELETE CASCADE,
    -- That of the share when it was issued.
    generation  BIGINT NOT NULL,
    client_host TEXT NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    -- NULL: it is live.
    revoked_at  BIGINT
);

CREATE INDEX ocm_issued_token_by_share ON ocm_issued_token (share_id, issued_at);
CREATE INDEX ocm_issued_token_by_end ON ocm_issued_token (expires_at);

-- The secret that was issued for what was shared on.
ALTER TABLE ocm_reshare ADD COLUMN secret_sealed BYTEA;

ALTER TABLE ocm_in_share ADD COLUMN token_sealed BYTEA;
ALTER TABLE ocm_in_share ADD COLUMN token_expires_at BIGINT;
-- Rises with every token.
ALTER TABLE ocm_in_share ADD COLUMN token_generation BIGINT NOT NULL DEFAULT 0;
-- Which process asks for a token, and until when nobody else does.
ALTER TABLE ocm_in_share ADD COLUMN lease_owner TEXT;
ALTER TABLE ocm_in_share ADD COLUMN lease_until BIGINT;
-- How often asking failed since it last worked, and until when nobody asks.
ALTER TABLE ocm_in_share ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ocm_in_share ADD COLUMN backoff_until BIGINT;

CREATE INDEX ocm_in_share_by_token_end ON ocm_in_share (token_expires_at) WHERE token_expires_at IS NOT NULL;
CREATE INDEX ocm_in_share_by_lease ON ocm_in_share (lease_until) WHERE lease_until IS NOT NULL;
