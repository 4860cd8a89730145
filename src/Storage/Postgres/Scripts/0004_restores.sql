-- A database that was set back to an earlier point goes on above all sequences that it can have given before. What lies between is lost: commits
-- after lost_after, up to lost_through. Both are 0 where nothing was.
ALTER TABLE scopes ADD COLUMN lost_after bigint NOT NULL DEFAULT 0;
ALTER TABLE scopes ADD COLUMN lost_through bigint NOT NULL DEFAULT 0;

-- What was lost with scopes that are not in this database: one that is made now begins above it.
CREATE TABLE restores (
    through bigint PRIMARY KEY
);
