-- Who administers a single group.
CREATE TABLE group_administrators (
    group_id TEXT NOT NULL,
    user_id  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_administrators_by_user ON group_administrators (user_id);

-- A group is there as long as it has members, whichever way the last one goes. One that comes back later is another group.
CREATE TRIGGER group_administrators_end AFTER DELETE ON group_members
WHEN NOT EXISTS (SELECT 1 FROM group_members WHERE group_id = old.group_id)
BEGIN
    DELETE FROM group_administrators WHERE group_id = old.group_id;
END;
