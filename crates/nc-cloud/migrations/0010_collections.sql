-- Calendars, address books and what lies in them, as CalDAV and CardDAV show them. Times are Unix seconds, UTC.

CREATE TABLE collections (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- calendar, subscription, addressbook or inbox.
    kind       TEXT NOT NULL,
    -- The folder of the owner's in which it lies: calendars or addressbooks.
    home       TEXT NOT NULL,
    owner      TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    uri        TEXT NOT NULL,
    -- Kinds of object that it takes, with spaces between them: VEVENT VTODO VJOURNAL, or VCARD.
    components TEXT NOT NULL,
    -- Counts the changes: the number in sync tokens.
    token      INTEGER NOT NULL DEFAULT 1,
    -- Set while it lies in the trash.
    deleted_at INTEGER,
    UNIQUE (home, owner, uri)
) STRICT;

-- Whose collections that everybody has from the start were made. Who deletes one of them does not get it back.
CREATE TABLE collection_homes (
    user_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What a user wrote about a collection: name, colour, order. Those of the owner are for everybody.
CREATE TABLE collection_properties (
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    -- Clark notation, `{namespace}local`.
    name       TEXT NOT NULL,
    -- A whole XML element.
    value      TEXT NOT NULL,
    PRIMARY KEY (collection, user_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE collection_objects (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    collection   INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    uri          TEXT NOT NULL,
    -- NULL where the same one may come twice: messages in an inbox.
    uid          TEXT,
    -- VEVENT, VTODO, VJOURNAL, VFREEBUSY or VCARD.
    component    TEXT NOT NULL,
    -- As it was sent.
    data         BLOB NOT NULL,
    etag         TEXT NOT NULL,
    -- Changes when the object changes for its user's own reasons, RFC 6638 §3.2.10; NULL for what is not scheduled.
    schedule_tag TEXT,
    -- No occurrence begins before `first_at` and none ends after `last_at`. Rough: only to leave out what cannot match.
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    modified_at  INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE UNIQUE INDEX collection_objects_by_uri ON collection_objects (collection, uri) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX collection_objects_by_uid ON collection_objects (collection, uid) WHERE deleted_at IS NULL;
CREATE INDEX collection_objects_by_page ON collection_objects (collection, id);

-- The last change of each name in a collection, for clients that ask what happened since they last came.
CREATE TABLE collection_changes (
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    uri        TEXT NOT NULL,
    token      INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    PRIMARY KEY (collection, uri)
) STRICT, WITHOUT ROWID;

CREATE INDEX collection_changes_by_token ON collection_changes (collection, token);
