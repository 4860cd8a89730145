using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>Checks that a database file agrees with itself: rows with the log, transactions with their size, clock with both.</summary>
internal static class Consistency
{
    public static Task CheckAsync(SyncStore store) => store.Database.ReadAsync(
        connection =>
        {
            Check(connection, store.Database.Meta);
            return true;
        },
        CancellationToken.None);

    public static void Check(LocalConnection connection, LocalMeta meta)
    {
        Assert.Equal("ok", connection.QueryFirst("PRAGMA integrity_check", static reader => reader.Text(0)));
        var entries = connection.Query(
            "SELECT payload, status, counter FROM operations ORDER BY counter",
            reader => (Operation: OperationEncoding.Decode(reader.Blob(0)), Status: (OperationStatus)reader.Int32(1), Counter: reader.Int64(2)));
        Assert.All(entries, entry => Assert.True(Enum.IsDefined(entry.Status), $"status {entry.Status}"));
        Assert.Equal(entries.Select(entry => entry.Counter), entries.Select(entry => entry.Operation.Counter));
        CheckAttempted(connection);
        Assert.True(entries.TrueForAll(entry => entry.Operation.Counter <= meta.Clock));
        foreach (var transaction in entries.Where(entry => entry.Operation.Transaction is not null).GroupBy(entry => entry.Operation.Transaction!.Id))
        {
            Assert.Equal(transaction.First().Operation.Transaction!.Count, transaction.Count());
            Assert.Single(transaction.Select(entry => entry.Status).Distinct());
        }

        CheckDigests(connection, meta.Digests);
        var stored = connection.Query("SELECT type, id FROM entities", reader => new EntityKey(reader.Text(0), reader.Text(1)));
        foreach (var key in stored.Concat(entries.Select(entry => entry.Operation.Entity)).Distinct().Where(key => !meta.Types.Local.Contains(key.Type)))
        {
            var row = EntityTable.FindServerRow(connection, key);
            foreach (var (operation, writtenAt) in OperationTable.Overlay(connection, key, meta))
                row = Rebase.Apply(row, operation, writtenAt, meta).Row;
            Assert.Equal(Describe.Row(row), Describe.Row(EntityTable.Find(connection, key)?.Local));
        }
    }

    /// <summary>What is kept up to date by each write is what the rows come to.</summary>
    private static void CheckDigests(LocalConnection connection, LocalDigests digests)
    {
        if (!digests.AreKnown) return;
        Assert.Equal(Of("entities", "iif(pending, server_fields, fields)", "iif(pending, server_meta, meta)"), NotEmpty(digests.Shown));
        Assert.Equal(Of("staging", "fields", "meta"), NotEmpty(digests.Staged));
        Assert.Equal(Of("fill", "fields", "meta").Values.Aggregate(default(RowDigest), static (sum, one) => sum + one), digests.Filling);

        SortedDictionary<string, RowDigest> Of(string table, string fields, string meta) => NotEmpty(connection.Query(
            $"SELECT type, id, server_sequence, {fields}, {meta} FROM {table} WHERE server_sequence > 0",
            reader => RowEncoding.Decode(new EntityKey(reader.Text(0), reader.Text(1)), reader.Int64(2), reader.Blob(3), reader.Blob(4)))
            .GroupBy(row => row.Key.Type)
            .ToDictionary(type => type.Key, type => type.Aggregate(default(RowDigest), static (sum, row) => sum + RowDigest.Of(row))));

        static SortedDictionary<string, RowDigest> NotEmpty(IReadOnlyDictionary<string, RowDigest> digests) =>
            new(digests.Where(one => one.Value != default).ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>Runs, apart from each other, none wholly before the log.</summary>
    private static void CheckAttempted(LocalConnection connection)
    {
        var runs = connection.Query(
            "SELECT first, last FROM attempted ORDER BY first", reader => new CounterRun(reader.Int64(0), reader.Int64(1)));
        Assert.All(runs, run => Assert.True(run.First <= run.Last));
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
    }
}
