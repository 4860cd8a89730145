-- Operations of devices that were refused, whole, for operators to look at and to replay. The commit that refuses one writes it.
-- type, id, kind and counter repeat what operation holds, for people.
CREATE TABLE dead_letters (
    scope     bigint   NOT NULL,
    op_id     uuid     NOT NULL,
    device    int      NOT NULL,            -- devices.number
    counter   bigint   NOT NULL,
    type      text     COLLATE "C" NOT NULL,
    id        text     COLLATE "C" NOT NULL,
    kind      smallint NOT NULL,
    reason    smallint NOT NULL,
    message   text,                         -- what a resolver failed with
    seq       bigint   NOT NULL,            -- the commit that refused it
    at        bigint   NOT NULL,            -- milliseconds since 1970 UTC
    operation bytea    NOT NULL,            -- canonical encoding
    PRIMARY KEY (scope, op_id)
);

-- The order of lists, of what goes first where there are too many, and of the purge.
CREATE INDEX dead_letters_by_sequence ON dead_letters (scope, seq, op_id);
