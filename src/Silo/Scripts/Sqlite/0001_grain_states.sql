-- What Microsoft.Orleans.Persistence.AdoNet needs: its queries by name, and the table they work on. The key is unique, so
-- that two activations that write a grain's first state at once leave one row, and the second learns of it. The service's
-- id is no part of it: the file is one service's, and renaming that must not lose what it keeps.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS grain_states (
    type    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    n0      INTEGER NOT NULL,
    n1      INTEGER NOT NULL,
    version INTEGER NOT NULL,
    payload BLOB,
    PRIMARY KEY (type, key, n0, n1)
) WITHOUT ROWID;

-- The last WHERE lets a state that was read and is gone meanwhile fail as stale instead of coming back. SQLite needs a
-- WHERE there anyway, to tell ON CONFLICT from a join.
INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
    INSERT INTO grain_states (type, key, n0, n1, version, payload)
    SELECT @GrainTypeString, coalesce(@GrainIdExtensionString, ''''), @GrainIdN0, @GrainIdN1, 1, @PayloadBinary
    WHERE @GrainStateVersion IS NULL OR EXISTS (
        SELECT 1 FROM grain_states
        WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
          AND n0 = @GrainIdN0 AND n1 = @GrainIdN1)
    ON CONFLICT (type, key, n0, n1) DO UPDATE SET payload = excluded.payload, version = version + 1
        WHERE version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion;
');

INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version FROM grain_states
    WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
      AND n0 = @GrainIdN0 AND n1 = @GrainIdN1;
');

INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
    UPDATE grain_states SET payload = NULL, version = version + 1
    WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
      AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion;
');

PRAGMA user_version = 1;
