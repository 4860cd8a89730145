using System.Diagnostics;
using Microsoft.Data.Sqlite;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Systems;
using OrleansSync.Core;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// How fast a device's disk takes rows: one table with the columns and the index that a client needs, a prepared insert,
/// a transaction a page of 1,000 rows, each durable. Making the rows is not counted.
/// </summary>
internal static class RawSqlite
{
    private const int PageRows = 1_000;

    public static TimeSpan Insert(string file, Seeder seeder, int rows)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        connection.Execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
            CREATE TABLE entities(rowid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL,
              fields TEXT NOT NULL, meta BLOB NOT NULL, UNIQUE(type, id));
            """);
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO entities(type, id, sequence, fields, meta) VALUES($1, $2, $3, CAST($4 AS TEXT), $5)";
        var parameters = Enumerable.Range(1, 5).Select(number => insert.Parameters.AddWithValue($"${number}", DBNull.Value)).ToArray();
        var clock = new Stopwatch();
        for (var from = 0; from < rows; from += PageRows)
        {
            var page = Enumerable.Range(from, Math.Min(PageRows, rows - from)).Select(index => Encode(seeder, index)).ToArray();
            clock.Start();
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            foreach (var (key, sequence, fields, meta) in page)
            {
                parameters[0].Value = key.Type;
                parameters[1].Value = key.Id;
                parameters[2].Value = sequence;
                parameters[3].Value = fields;
                parameters[4].Value = meta;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
            clock.Stop();
        }

        return clock.Elapsed;
    }

    private static (EntityKey Key, long Sequence, byte[] Fields, byte[] Meta) Encode(Seeder seeder, int index)
    {
        var row = Seeder.RowOf(seeder.OperationOf(index, index + 1), Seeder.SequenceOf(index));
        return (row.Key, row.Sequence, RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));
    }
}
