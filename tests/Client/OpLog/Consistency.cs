using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Testing;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>Checks that a database file agrees with itself: rows with the log, transactions with their size, clock with both.</summary>
internal static class Consistency
{
    public static void Check(LocalConnection connection, LocalMeta meta)
    {
        Assert.Equal("ok", connection.QueryFirst("PRAGMA integrity_check", static reader => reader.Text(0)));
        var entries = connection.Query(
            "SELECT payload, status FROM operations ORDER BY rowid",
            reader => (Operation: OperationEncoding.Decode(reader.Blob(0)), Status: (OperationStatus)reader.Int32(1)));
        Assert.DoesNotContain(entries, entry => entry.Status == OperationStatus.InFlight);
        Assert.Equal(entries.Select(entry => entry.Operation.Counter).Order(), entries.Select(entry => entry.Operation.Counter));
        Assert.True(entries.TrueForAll(entry => entry.Operation.Counter <= meta.Clock));
        foreach (var transaction in entries.Where(entry => entry.Operation.Transaction is not null).GroupBy(entry => entry.Operation.Transaction!.Id))
        {
            Assert.Equal(transaction.First().Operation.Transaction!.Count, transaction.Count());
            Assert.Single(transaction.Select(entry => entry.Status).Distinct());
        }

        var stored = connection.Query("SELECT type, id FROM entities", reader => new EntityKey(reader.Text(0), reader.Text(1)));
        foreach (var key in stored.Concat(entries.Select(entry => entry.Operation.Entity)).Distinct())
        {
            var row = EntityTable.FindServerRow(connection, key);
            foreach (var (operation, writtenAt) in OperationTable.Overlay(connection, key, meta.Cursor))
                row = Rebase.Apply(row, operation, writtenAt, meta).Row;
            Assert.Equal(Describe.Row(row), Describe.Row(EntityTable.Find(connection, key)?.Local));
        }
    }
}
