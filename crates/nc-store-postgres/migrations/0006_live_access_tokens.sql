-- A refresh revokes the access tokens of its grant that are live: those are few, however often it was refreshed.
CREATE INDEX access_tokens_live ON access_tokens (grant_id) WHERE revoked_at IS NULL;
