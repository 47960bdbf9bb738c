-- Who may use calendars and address books of other people.

CREATE TABLE collection_shares (
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    -- users/{id} or groups/{id}.
    principal  TEXT NOT NULL,
    -- read, write, or none: of a member who left a share of the group's.
    access     TEXT NOT NULL,
    PRIMARY KEY (collection, principal)
) STRICT, WITHOUT ROWID;

CREATE INDEX collection_shares_by_principal ON collection_shares (principal);

-- Calendars that everybody can read who knows the token.
CREATE TABLE collection_publications (
    collection INTEGER PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
    token      TEXT NOT NULL UNIQUE
) STRICT;
