using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The rows of the table kept: settled operations, in the order in which they were. Positions follow each other, and only the first ones are
/// ever removed, so how many there are and how large they are need not be counted.
/// </summary>
internal static class KeptTable
{
    internal readonly record struct End(long Position, long Total, long KeptAt);

    /// <summary>Adds what a cursor covers in the log; how many.</summary>
    public static int Add(LocalConnection connection, long cursor, long now) => connection.Execute(
        $"""
        INSERT INTO kept(total, kept_at, sequence, written_at, payload)
        SELECT sum(size) OVER (ORDER BY counter) + ifnull((SELECT total FROM kept ORDER BY position DESC LIMIT 1), 0), ?2, outcome_sequence, written_at, payload
        FROM operations WHERE {OperationTable.IsCovered} ORDER BY counter
        """,
        cursor, now);

    /// <summary>The first and the last; of an empty table nothing.</summary>
    public static (End First, End Last) Ends(LocalConnection connection) => (
        EndOf(connection, "SELECT position, total, kept_at FROM kept ORDER BY position LIMIT 1"),
        EndOf(connection, "SELECT position, total, kept_at FROM kept ORDER BY position DESC LIMIT 1"));

    /// <summary>Removes the first ones, up to a position, up to a total, and those kept before a time; the highest commit among them.</summary>
    public static long Remove(LocalConnection connection, long position, long total, long keptBefore)
    {
        // The first that stays: those behind it are in order.
        var through = connection.Number(
            "SELECT position - 1 FROM kept WHERE position > ?1 AND total > ?2 AND kept_at >= ?3 ORDER BY position LIMIT 1", position, total, keptBefore)
            ?? long.MaxValue;
        var forgotten = connection.Number("SELECT max(sequence) FROM kept WHERE position <= ?1", through) ?? 0;
        connection.Execute("DELETE FROM kept WHERE position <= ?1", through);
        return forgotten;
    }

    /// <summary>Some, after a position, in order.</summary>
    public static List<(long Position, Operation Operation, byte[] Payload, long WrittenAt)> Page(LocalConnection connection, long after, int limit) => connection.Query(
        "SELECT position, payload, written_at FROM kept WHERE position > ?1 ORDER BY position LIMIT ?2",
        static reader =>
        {
            var payload = reader.Blob(1);
            return (reader.Int64(0), OperationEncoding.Decode(payload), payload, reader.Int64(2));
        },
        after, limit);

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM kept");

    private static End EndOf(LocalConnection connection, string sql) =>
        connection.QueryFirst(sql, static reader => new End(reader.Int64(0), reader.Int64(1), reader.Int64(2)));
}
