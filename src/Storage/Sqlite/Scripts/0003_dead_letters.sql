-- Operations of devices that were refused, whole, for operators to look at and to replay. The commit that refuses one writes it.
-- type, id, kind and counter repeat what operation holds, for people.
CREATE TABLE dead_letters (
    scope     INTEGER NOT NULL,
    op_id     BLOB    NOT NULL,
    device    INTEGER NOT NULL,             -- devices.number
    counter   INTEGER NOT NULL,
    type      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    message   TEXT,                         -- what a resolver failed with
    seq       INTEGER NOT NULL,             -- the commit that refused it
    at        INTEGER NOT NULL,             -- milliseconds since 1970 UTC
    operation BLOB    NOT NULL,             -- canonical encoding
    PRIMARY KEY (scope, op_id)
) STRICT;

-- The order of lists, of what goes first where there are too many, and of the purge.
CREATE INDEX dead_letters_by_sequence ON dead_letters (scope, seq, op_id);
