-- Boards of the app Deck and what lies on them. Times are Unix seconds, UTC; `deleted_at` is 0 for what is there.

CREATE TABLE deck_boards (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    title         TEXT NOT NULL,
    -- Six hexadecimal digits.
    color         TEXT NOT NULL,
    archived      INTEGER NOT NULL DEFAULT 0,
    last_modified INTEGER NOT NULL,
    -- Counts the changes of the board and of everything on it: several may fall into one second.
    revision      INTEGER NOT NULL DEFAULT 1,
    deleted_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deck_boards_by_owner ON deck_boards (owner);

-- Who may use a board beside its owner. A participant need not be known here.
CREATE TABLE deck_acl (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    board       INTEGER NOT NULL REFERENCES deck_boards (id) ON DELETE CASCADE,
    -- 0: a user, 1: a group.
    kind        INTEGER NOT NULL,
    participant TEXT NOT NULL,
    edit        INTEGER NOT NULL,
    share       INTEGER NOT NULL,
    manage      INTEGER NOT NULL,
    UNIQUE (board, kind, participant)
) STRICT;

CREATE INDEX deck_acl_by_participant ON deck_acl (kind, participant);

CREATE TABLE deck_stacks (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    board         INTEGER NOT NULL REFERENCES deck_boards (id) ON DELETE CASCADE,
    title         TEXT NOT NULL,
    position      INTEGER NOT NULL,
    last_modified INTEGER NOT NULL,
    revision      INTEGER NOT NULL DEFAULT 1,
    deleted_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deck_stacks_by_board ON deck_stacks (board, position);

CREATE TABLE deck_cards (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    stack            INTEGER NOT NULL REFERENCES deck_stacks (id) ON DELETE CASCADE,
    title            TEXT NOT NULL,
    description      TEXT NOT NULL,
    -- The text before the last change of the text.
    description_prev TEXT,
    kind             TEXT NOT NULL,
    owner            TEXT NOT NULL,
    -- Where it stands among the cards of its stack; two may have the same, then the older one comes first.
    position         INTEGER NOT NULL,
    archived         INTEGER NOT NULL DEFAULT 0,
    done_at          INTEGER,
    due_at           INTEGER,
    last_editor      TEXT,
    created_at       INTEGER NOT NULL,
    last_modified    INTEGER NOT NULL,
    revision         INTEGER NOT NULL DEFAULT 1,
    deleted_at       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deck_cards_by_stack ON deck_cards (stack, position);

CREATE TABLE deck_labels (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    board         INTEGER NOT NULL REFERENCES deck_boards (id) ON DELETE CASCADE,
    title         TEXT NOT NULL,
    color         TEXT NOT NULL,
    -- 0 until the first change.
    last_modified INTEGER NOT NULL DEFAULT 0,
    UNIQUE (board, title)
) STRICT;

CREATE TABLE deck_card_labels (
    card  INTEGER NOT NULL REFERENCES deck_cards (id) ON DELETE CASCADE,
    label INTEGER NOT NULL REFERENCES deck_labels (id) ON DELETE CASCADE,
    PRIMARY KEY (card, label)
) STRICT, WITHOUT ROWID;

CREATE INDEX deck_card_labels_by_label ON deck_card_labels (label);

-- Who works on a card.
CREATE TABLE deck_assignments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    card        INTEGER NOT NULL REFERENCES deck_cards (id) ON DELETE CASCADE,
    -- As in `deck_acl`.
    kind        INTEGER NOT NULL,
    participant TEXT NOT NULL,
    UNIQUE (card, kind, participant)
) STRICT;

CREATE TABLE deck_attachments (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    card          INTEGER NOT NULL REFERENCES deck_cards (id) ON DELETE CASCADE,
    -- deck_file: the bytes lie in `deck_attachment_data`. file: a file of the creator's.
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    -- Of a deck_file.
    size          INTEGER NOT NULL DEFAULT 0,
    -- Of a file. Not a reference: a file that goes away takes its attachment out of sight, not out of here.
    file_id       INTEGER,
    created_by    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_modified INTEGER NOT NULL,
    deleted_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deck_attachments_by_card ON deck_attachments (card);
CREATE INDEX deck_attachments_by_creator ON deck_attachments (created_by);

CREATE TABLE deck_attachment_data (
    attachment INTEGER PRIMARY KEY REFERENCES deck_attachments (id) ON DELETE CASCADE,
    data       BLOB NOT NULL
) STRICT;

CREATE TABLE deck_comments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    card       INTEGER NOT NULL REFERENCES deck_cards (id) ON DELETE CASCADE,
    -- The comment that is answered; it may be gone since.
    parent     INTEGER,
    actor      TEXT NOT NULL,
    message    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deck_comments_by_card ON deck_comments (card, id);

-- Up to which comment of a card somebody has read.
CREATE TABLE deck_comments_read (
    card    INTEGER NOT NULL REFERENCES deck_cards (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    comment INTEGER NOT NULL,
    PRIMARY KEY (card, user_id)
) STRICT, WITHOUT ROWID;

-- What people set otherwise than it is from the start.
CREATE TABLE deck_settings (
    user_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- 0: for all boards.
    board   INTEGER NOT NULL,
    key     TEXT NOT NULL,
    -- JSON.
    value   TEXT NOT NULL,
    PRIMARY KEY (user_id, board, key)
) STRICT, WITHOUT ROWID;
