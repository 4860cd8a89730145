-- The tables of the sync store. Texts that order or identify compare as their UTF-8 bytes (COLLATE "C"). Every statement names
-- one scope's rows by the scope's number, so the large tables are hash partitions by it, and no transaction spans two scopes.
-- No foreign keys and no triggers: the one statement that commits is all that writes rows, and it checks what it needs.

-- One row a scope. The others name it by its number: an integer instead of a text in every row and index entry. head and
-- clock change with each commit and are in no index, and half of each page is kept free, so these updates stay on their page.
CREATE TABLE scopes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope       text   COLLATE "C" NOT NULL UNIQUE,
    epoch       bigint NOT NULL,            -- fencing token: a commit names the one it claimed
    head        bigint NOT NULL,            -- last committed sequence
    last_commit uuid   NOT NULL,            -- id of the commit at the head
    clock       bigint NOT NULL,            -- highest logical counter seen
    lineage     uuid   NOT NULL,
    horizon     bigint NOT NULL             -- tombstones below this sequence are purged
) WITH (fillfactor = 50);

-- One row an entity. generation and deleted_at repeat what stamps holds, for people and for the purge.
CREATE TABLE entities (
    scope       bigint NOT NULL,
    type        text   COLLATE "C" NOT NULL,
    id          text   COLLATE "C" NOT NULL,
    seq         bigint NOT NULL,            -- commit of the last change: the version that compare-and-swap names
    generation  int    NOT NULL,
    deleted_at  bigint,                     -- milliseconds since 1970 UTC; NULL: live
    fields      json   NOT NULL,            -- the document, values as their writer wrote them; fields->>'title' reads one
    stamps      bytea  NOT NULL,
    PRIMARY KEY (scope, type, id)
) PARTITION BY HASH (scope);

-- The order of pages. type and id are in it so that a page can end inside a large commit and go on exactly there.
CREATE INDEX entities_by_sequence ON entities (scope, seq, type, id);

-- The journal: what became of each operation, rejections too.
CREATE TABLE operations (
    scope        bigint      NOT NULL,
    op_id        uuid        NOT NULL,
    device       int         NOT NULL,      -- devices.number
    counter      bigint      NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    id           text        COLLATE "C" NOT NULL,
    kind         smallint    NOT NULL,
    outcome      smallint    NOT NULL,
    reason       smallint    NOT NULL,
    seq          bigint      NOT NULL,
    content_hash bytea       NOT NULL,      -- 16 bytes, big-endian
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, op_id)
) PARTITION BY HASH (scope);

-- Every page carries the outcomes of its device in a range of sequences.
CREATE INDEX operations_by_device ON operations (scope, device, seq);

-- As many partitions as measured without a cost for a commit; each holds its share of the scopes.
DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE entities_%s PARTITION OF entities FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE operations_%s PARTITION OF operations FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    END LOOP;
END $$;

CREATE TABLE devices (
    scope         bigint  NOT NULL,
    device        uuid    NOT NULL,
    number        int     NOT NULL,         -- from 1, never reused: what the journal stores
    counter       bigint  NOT NULL,
    done_below    bigint  NOT NULL,
    proved        bytea   NOT NULL,         -- SHA-256 of a session token; empty: none
    pending       bytea   NOT NULL,
    registered_at bigint  NOT NULL,         -- milliseconds since 1970 UTC
    revoked       boolean NOT NULL,
    PRIMARY KEY (scope, device),
    UNIQUE (scope, number)
) WITH (fillfactor = 50);

CREATE TABLE digests (
    scope   bigint NOT NULL,
    type    text   COLLATE "C" NOT NULL,
    digest  bytea  NOT NULL,                -- 16 bytes, big-endian
    live    bigint NOT NULL,                -- number of live rows
    PRIMARY KEY (scope, type)
) WITH (fillfactor = 50);
