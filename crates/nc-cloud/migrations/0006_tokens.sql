-- Second factors, app passwords with scopes, and login flows that end with an app password that is there already.

-- NULL: all that the account may do. Else scopes separated by spaces.
ALTER TABLE app_passwords ADD COLUMN scopes TEXT;

CREATE TABLE second_factors (
    user_id   TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- The shared secret of RFC 6238, sealed.
    sealed    BLOB NOT NULL,
    -- The time step of the last code that was used; no code of it or before is good again.
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- 1: the password was right, the code of the second factor is awaited. The account is in user_id.
ALTER TABLE login_flows ADD COLUMN awaits_code INTEGER NOT NULL DEFAULT 0;
-- An app password that the person gave, sealed until the program fetches it.
ALTER TABLE login_flows ADD COLUMN sealed_password BLOB;
-- 1: the program is not among those that may connect accounts; the person is told.
ALTER TABLE login_flows ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
