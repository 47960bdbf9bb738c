-- Accounts that were made for people of an external issuer. Those without a row were made here.

CREATE TABLE account_origins (
    user_id  TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- The number of the provider in the settings of external issuers.
    provider INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
