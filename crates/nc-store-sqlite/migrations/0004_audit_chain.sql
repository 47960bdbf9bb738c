-- The tag of an entry covers that of the entry before. NULL: the entry is older than the chain.
ALTER TABLE audit ADD COLUMN tag BLOB;

-- Where the chain begins and ends.
CREATE TABLE audit_ends (
    -- A word of `WhichEnd`.
    which  TEXT PRIMARY KEY,
    -- The entry before the first, or the last.
    number INTEGER NOT NULL,
    -- Its tag; empty: nothing was before.
    tag    BLOB NOT NULL,
    -- Tag of this row.
    seal   BLOB NOT NULL
) STRICT;
