using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The rows of the table attempted: which operations may have reached the server. Nothing may be rewritten of one that has. Runs, so
/// that a batch costs a row and not one each.
/// </summary>
internal static class AttemptedTable
{
    /// <summary>Adds a run; rows do not overlap, nor lie beside each other.</summary>
    public static void Add(LocalConnection connection, CounterRun run)
    {
        var before = connection.QueryFirst(
            "SELECT first, last FROM attempted WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
            static reader => new CounterRun(reader.Int64(0), reader.Int64(1)), run.First);
        var touches = before != default && before.Last >= run.First - 1;
        if (touches && before.Last >= run.Last) return;
        var first = touches ? before.First : run.First;
        var last = connection.Number("SELECT max(last) FROM attempted WHERE first BETWEEN ?1 AND ?2", first, run.Last + 1);
        connection.Execute("DELETE FROM attempted WHERE first BETWEEN ?1 AND ?2", first, run.Last + 1);
        connection.Execute("INSERT INTO attempted(first, last) VALUES(?1, ?2)", first, Math.Max(run.Last, last ?? 0));
    }

    public static bool Contains(LocalConnection connection, long counter) => connection.Number(
        "SELECT last FROM attempted WHERE first <= ?1 ORDER BY first DESC LIMIT 1", counter) >= counter;

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM attempted");

    /// <summary>Forgets operations that are no longer in the log.</summary>
    public static void Prune(LocalConnection connection) => connection.Execute(
        "DELETE FROM attempted WHERE last < ifnull((SELECT min(counter) FROM operations), ?1)", long.MaxValue);
}
