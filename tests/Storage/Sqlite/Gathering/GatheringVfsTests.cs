using CsCheck;
using Microsoft.Data.Sqlite;
using OrleansSync.Sqlite;
using OrleansSync.Sqlite.Gathering;

namespace OrleansSync.Storage.Tests.Sqlite.Gathering;

/// <summary>Databases that are written with it, read by connections without it.</summary>
public sealed class GatheringVfsTests
{
    [Fact]
    public void It_is_there()
    {
        Assert.Equal("orleanssync", GatheringVfs.Name);
    }

    /// <summary>
    /// What has committed is what any other connection sees, and what the files hold that a process leaves behind when it is killed: also where no commit is
    /// synced, where a transaction is larger than the page cache, and where savepoints are undone.
    /// </summary>
    [Fact]
    public void I1_What_has_committed_is_in_the_log_whatever_the_transaction_did()
    {
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[1, 400], Gen.Int[0, 3_000]);
        var transaction = Gen.Select(step.List[1, 8], Gen.Bool, Gen.OneOf(Gen.Const("OFF"), Gen.Const("NORMAL"), Gen.Const("FULL")));
        Gen.Select(transaction.List[1, 8], Gen.OneOf(Gen.Const(2), Gen.Const(8), Gen.Const(500)), Gen.OneOf(Gen.Const(4), Gen.Const(30), Gen.Const(1_000))).Sample(
            static (transactions, cachePages, checkpointPages) =>
            {
                using var folder = new Folder();
                using var writer = new SqliteDatabase(folder.Database, TimeSpan.FromSeconds(30));
                writer.Execute("PRAGMA journal_mode=WAL");
                writer.Execute($"PRAGMA cache_size={cachePages}");
                writer.Execute($"PRAGMA wal_autocheckpoint={checkpointPages}");
                writer.RunScript("CREATE TABLE rows(id INTEGER PRIMARY KEY, value BLOB); CREATE INDEX values_of ON rows(value)");
                using var other = Folder.Open(folder.Database);
                foreach (var (steps, commits, synchronous) in transactions)
                {
                    writer.Execute($"PRAGMA synchronous={synchronous}");
                    writer.RunScript("BEGIN IMMEDIATE");
                    foreach (var (what, id, size) in steps) writer.RunScript(Statement(what, id, size));
                    var inside = writer.Execute(Content)!;
                    var before = Ask(other, Content);
                    writer.RunScript(commits ? "COMMIT" : "ROLLBACK");

                    var expected = commits ? inside : before;
                    Assert.Equal(expected, writer.Execute(Content));
                    Assert.Equal(expected, Ask(other, Content));
                    using var left = Folder.Open(folder.Copy());
                    Assert.Equal(expected, Ask(left, Content));
                    Assert.Equal("ok", Ask(left, "PRAGMA integrity_check"));
                }
            },
            iter: 150);
    }

    private const string Content = "SELECT count(*) || ' ' || ifnull(sum(id * length(value)), 0) || ' ' || ifnull(max(hex(substr(value, 1, 20))), '') FROM rows";

    private static string Statement(int what, int id, int size) => what switch
    {
        0 => $"INSERT OR REPLACE INTO rows VALUES({id}, randomblob({size}))",
        1 => $"DELETE FROM rows WHERE id = {id}",
        2 => $"UPDATE rows SET value = randomblob({size}) WHERE id < {id}",
        3 => $"WITH RECURSIVE n(i) AS (SELECT {id} UNION ALL SELECT i + 1 FROM n LIMIT {(size / 20) + 1}) INSERT OR REPLACE INTO rows SELECT i, randomblob({size / 4}) FROM n",
        4 => $"SAVEPOINT s; UPDATE rows SET value = randomblob({size}) WHERE id > {id}; ROLLBACK TO s; RELEASE s",
        _ => $"SAVEPOINT s; INSERT OR REPLACE INTO rows VALUES({id}, randomblob({size})); RELEASE s",
    };

    private static string Ask(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)command.ExecuteScalar()!;
    }

    private sealed class Folder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("orleanssync-vfs-").FullName;
        private int _copies;

        public string Database => Path.Combine(_path, "sync.db");

        /// <summary>On SQLite's own VFS.</summary>
        public static SqliteConnection Open(string path)
        {
            var connection = new SqliteConnection($"Data Source={path};Pooling=False");
            connection.Open();
            return connection;
        }

        /// <summary>What is on the disk now, without the shared memory: it is opened as after a crash.</summary>
        public string Copy()
        {
            var copy = Path.Combine(_path, $"copy{++_copies}.db");
            File.Copy(Database, copy);
            File.Copy($"{Database}-wal", $"{copy}-wal");
            return copy;
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
