-- The tables of the sync store. Texts compare as their UTF-8 bytes (BINARY); UUIDs, hashes and digests are 16 big-endian bytes.

-- One row a scope. The others name a scope by its number: one integer instead of a text in every row and index entry.
CREATE TABLE scopes (
    id          INTEGER PRIMARY KEY,
    scope       TEXT    NOT NULL UNIQUE,
    epoch       INTEGER NOT NULL,           -- fencing token: a commit names the one it claimed
    head        INTEGER NOT NULL,           -- last committed sequence
    last_commit BLOB    NOT NULL,           -- id of the commit at the head
    clock       INTEGER NOT NULL,           -- highest logical counter seen
    lineage     BLOB    NOT NULL,
    horizon     INTEGER NOT NULL            -- tombstones below this sequence are purged
) STRICT;

-- One row an entity. generation and deleted_at repeat what stamps holds, for people and for the purge.
CREATE TABLE entities (
    scope       INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    seq         INTEGER NOT NULL,           -- commit of the last change: the version that compare-and-swap names
    generation  INTEGER NOT NULL,
    deleted_at  INTEGER,                    -- milliseconds since 1970 UTC; NULL: live
    fields      TEXT    NOT NULL,           -- JSON document, values as their writer wrote them
    stamps      BLOB    NOT NULL,
    PRIMARY KEY (scope, type, id)
) STRICT;

-- The order of pages. type and id are in it so that a page can end inside a large commit and go on exactly there.
CREATE INDEX entities_by_sequence ON entities (scope, seq, type, id);

-- The journal: what became of each operation, rejections too. Small rows found by key: no second tree for a rowid.
CREATE TABLE operations (
    scope        INTEGER NOT NULL,
    op_id        BLOB    NOT NULL,
    device       INTEGER NOT NULL,          -- devices.number
    counter      INTEGER NOT NULL,
    type         TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    kind         INTEGER NOT NULL,
    outcome      INTEGER NOT NULL,
    reason       INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    content_hash BLOB    NOT NULL,
    at           INTEGER NOT NULL,          -- server time of the commit, milliseconds since 1970 UTC: for the purge
    PRIMARY KEY (scope, op_id)
) STRICT, WITHOUT ROWID;

-- Every page carries the outcomes of its device in a range of sequences. outcome and reason make the index answer alone
-- (op_id is in it as part of the key): the journal itself is ordered by random-looking keys, a page of memory an outcome.
CREATE INDEX operations_by_device ON operations (scope, device, seq, outcome, reason);

CREATE TABLE devices (
    scope         INTEGER NOT NULL,
    device        BLOB    NOT NULL,
    number        INTEGER NOT NULL,         -- from 1, never reused: what the journal stores
    counter       INTEGER NOT NULL,
    done_below    INTEGER NOT NULL,
    proved        BLOB    NOT NULL,         -- SHA-256 of a session token; empty: none
    pending       BLOB    NOT NULL,
    registered_at INTEGER NOT NULL,         -- milliseconds since 1970 UTC
    revoked       INTEGER NOT NULL,
    PRIMARY KEY (scope, device),
    UNIQUE (scope, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE digests (
    scope   INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    live    INTEGER NOT NULL,               -- number of live rows
    PRIMARY KEY (scope, type)
) STRICT, WITHOUT ROWID;
