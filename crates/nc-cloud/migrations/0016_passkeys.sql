-- Passkeys (WebAuthn) of accounts.

CREATE TABLE passkeys (
    -- What the owner and administrators name it by; never given twice.
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What its authenticator names it by: one account has it and no other.
    credential_id BLOB NOT NULL UNIQUE,
    user_id       TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    -- Public key, counter and flags, as the OpenID provider writes them.
    credential    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER
) STRICT;

CREATE INDEX passkeys_of_user ON passkeys (user_id);
