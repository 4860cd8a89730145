using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>The tables of the local database, as numbered steps; PRAGMA user_version says how many have run.</summary>
internal static class DatabaseFormat
{
    /// <summary>"OSyn": marks the file as ours, so that no other database is taken over.</summary>
    private const long ApplicationId = 0x4F53796E;

    // entities: one wide row. fields/meta/sequence are what the app sees; server_* are the last row of the server, NULL while
    //   nothing is pending and both are the same. server_sequence 0: the server has none. Rowid table: random or UUIDv7 ids
    //   go to the index alone.
    // operations: counters grow along the log, and are never given twice. status: OperationStatus; the index of statuses leaves out
    //   what is pending (0). An operation without an outcome has outcome NULL. A synced operation is deleted once the visible
    //   cursor covers it, so the table holds what is pending, what the cursor has not reached yet, what is parked, and the dead
    //   letters.
    //   replay: 0, or it was settled and the server has lost it or may have, see Recovery: 1 its effect is in the rows held of before, 2 it is not.
    // kept: settled operations in the order in which they were; total: bytes of the payloads up to here, since the table was last empty.
    // before: rows of the server that it may have lost, as they were, for as long as a recovery lasts; with their fields and meta.
    // attempted: runs of counters whose operations may have left the device.
    // fill: rows of a type that was added and is not complete, with the columns of staging.
    // staging: rows of an incomplete pull, not yet visible; with the columns of entities, whose place it takes after a large pull.
    public const string CreateStaging = $"CREATE TABLE staging{RowColumns}";

    private const string RowColumns =
        """
        (
          rowid INTEGER PRIMARY KEY,
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          live INTEGER NOT NULL,
          pending INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          fields TEXT NOT NULL,
          meta BLOB NOT NULL,
          server_sequence INTEGER NOT NULL,
          server_fields TEXT,
          server_meta BLOB,
          UNIQUE(type, id));
        """;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE entities(
          rowid INTEGER PRIMARY KEY,
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          live INTEGER NOT NULL,
          pending INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          fields TEXT NOT NULL,
          meta BLOB NOT NULL,
          server_sequence INTEGER NOT NULL,
          server_fields TEXT,
          server_meta BLOB,
          UNIQUE(type, id));
        CREATE TABLE operations(
          rowid INTEGER PRIMARY KEY,
          operation_id BLOB NOT NULL UNIQUE,
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          counter INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          transaction_id BLOB,
          transaction_index INTEGER,
          transaction_count INTEGER,
          payload BLOB NOT NULL,
          size INTEGER NOT NULL,
          status INTEGER NOT NULL,
          attempted INTEGER NOT NULL DEFAULT 0,
          failures INTEGER NOT NULL DEFAULT 0,
          error_code TEXT,
          error_message TEXT,
          outcome INTEGER,
          reason INTEGER,
          outcome_sequence INTEGER,
          written_at INTEGER NOT NULL);
        CREATE INDEX operations_status ON operations(status, outcome_sequence);
        CREATE INDEX operations_entity ON operations(type, id);
        CREATE INDEX operations_transaction ON operations(transaction_id) WHERE transaction_id IS NOT NULL;
        CREATE TABLE staging(
          rowid INTEGER PRIMARY KEY,
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          live INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          fields TEXT NOT NULL,
          meta BLOB NOT NULL,
          UNIQUE(type, id));
        """,
        // A pull that was interrupted starts again.
        $"DROP TABLE staging; {CreateStaging} DELETE FROM meta WHERE key = 'page_token';",
        """
        CREATE TABLE attempted(first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
        INSERT INTO attempted SELECT min(counter), max(counter)
          FROM (SELECT counter, counter - row_number() OVER (ORDER BY counter) AS run FROM operations WHERE attempted = 1) GROUP BY run;
        ALTER TABLE operations RENAME TO operations_before;
        CREATE TABLE operations(
          counter INTEGER PRIMARY KEY,
          operation_id BLOB NOT NULL UNIQUE,
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          kind INTEGER NOT NULL,
          transaction_id BLOB,
          transaction_index INTEGER,
          transaction_count INTEGER,
          size INTEGER NOT NULL,
          status INTEGER NOT NULL,
          failures INTEGER NOT NULL DEFAULT 0,
          error_code TEXT,
          error_message TEXT,
          outcome INTEGER,
          reason INTEGER,
          outcome_sequence INTEGER,
          written_at INTEGER NOT NULL,
          payload BLOB NOT NULL);
        INSERT INTO operations SELECT counter, operation_id, type, id, kind, transaction_id, transaction_index, transaction_count, size,
          iif(status = 1, 0, status), failures, error_code, error_message, outcome, reason, outcome_sequence, written_at, payload
          FROM operations_before ORDER BY counter;
        DROP TABLE operations_before;
        CREATE INDEX operations_status ON operations(status, outcome_sequence) WHERE status > 0;
        CREATE INDEX operations_entity ON operations(type, id);
        CREATE INDEX operations_transaction ON operations(transaction_id) WHERE transaction_id IS NOT NULL;
        """,
        $"CREATE TABLE fill{RowColumns}",
        // From here on whoever changes rows of the server keeps their digests. The first reconciliation counts those that are there.
        "INSERT INTO meta(key, value) VALUES('digests_known', 0);",
        """
        ALTER TABLE operations ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX operations_replay ON operations(replay) WHERE replay > 0;
        CREATE TABLE kept(
          position INTEGER PRIMARY KEY,
          total INTEGER NOT NULL,
          kept_at INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          written_at INTEGER NOT NULL,
          payload BLOB NOT NULL);
        CREATE TABLE before(
          type TEXT NOT NULL,
          id TEXT NOT NULL,
          sequence INTEGER NOT NULL,
          fields TEXT NOT NULL,
          meta BLOB NOT NULL,
          PRIMARY KEY(type, id)) WITHOUT ROWID;
        """,
    ];

    /// <summary>Brings the file to this version's format, each step in a transaction of its own.</summary>
    /// <exception cref="SyncException">The file is of a newer version, or not ours.</exception>
    public static void Apply(LocalConnection connection, string path)
    {
        var isNew = connection.Number("PRAGMA user_version") == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") == 0;
        for (var step = isNew ? 0 : Check(connection, path); step < Steps.Length; step++)
        {
            connection.RunScript($"BEGIN IMMEDIATE; {Steps[step]} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {step + 1};");
            connection.Commit();
        }
    }

    /// <summary>The version of a file's format.</summary>
    /// <exception cref="SyncException">The file is of a newer version, or not ours.</exception>
    public static long Check(LocalConnection connection, string path)
    {
        var version = connection.Number("PRAGMA user_version")!.Value;
        if (connection.Number("PRAGMA application_id") != ApplicationId) throw StoreErrors.NotADatabase(path);
        return version <= Steps.Length ? version : throw StoreErrors.NewerVersion(path, version, Steps.Length);
    }
}
