-- What looks for the first message of a server, and for shares that are over.
CREATE INDEX ocm_outbox_by_host ON ocm_outbox (host, number);
CREATE INDEX ocm_in_share_by_end ON ocm_in_share (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX ocm_in_share_dead ON ocm_in_share (created_at) WHERE state = 'dead';
