using System.Globalization;
using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using Microsoft.Data.Sqlite;
using OrleansSync.Client;

namespace OrleansSync.Bench.Micro;

/// <summary>
/// An indexed query of 50 among 100,000 documents, and a live query's next snapshot after a write to one of them, beside the same SQL by hand:
/// which reads the texts and leaves them as they are.
/// </summary>
[MemoryDiagnoser]
public class QueryBenchmarks
{
    private const int Rows = 100_000;
    private const int PerProject = 50;
    private const int PerTransaction = 1_000;

    private DirectoryInfo _folder = null!;
    private SyncStore _store = null!;
    private SyncCollection<Job> _jobs = null!;
    private IAsyncEnumerator<LiveSnapshot<Job>> _live = null!;
    private SqliteConnection _raw = null!;
    private SqliteCommand _rawQuery = null!;
    private SqliteCommand _rawUpdate = null!;
    private int _next;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("orleanssync-bench-");
        _store = await SyncStore.OpenAsync(new SyncStoreOptions
        {
            DatabasePath = Path.Combine(_folder.FullName, "store.db"),
            Indexes = [new LocalIndex("jobs", "project", "due")],
        });
        _jobs = _store.Collection("jobs", JobJson.Default.Job);
        OpenRaw();
        for (var from = 0; from < Rows; from += PerTransaction)
        {
            var first = from;
            await _store.TransactionAsync(tx =>
            {
                for (var i = first; i < first + PerTransaction; i++) tx.Put(_jobs, JobOf(i));
            });
        }

        _live = Query().LiveAsync().GetAsyncEnumerator();
        await _live.MoveNextAsync();
        Check.That(await _jobs.CountAsync() == Rows);
        Check.That((await Query().ToListAsync()).Select(static job => job.Due).SequenceEqual(_live.Current.Items.Select(static job => job.Due)));
        Check.That(await QueryAsync() == PerProject);
        Check.That(RawQuery() == PerProject);
        Check.That(RawUpdate() == PerProject);
        Check.That(await LiveUpdateAsync() == PerProject);
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _live.DisposeAsync();
        await _store.DisposeAsync();
        await _raw.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Benchmark(Baseline = true)]
    public int RawQuery()
    {
        var rows = new List<(string Id, string Fields)>();
        using var reader = _rawQuery.ExecuteReader();
        while (reader.Read()) rows.Add((reader.GetString(0), reader.GetString(1)));
        return rows.Count;
    }

    [Benchmark]
    public async Task<int> QueryAsync() => (await Query().ToListAsync()).Count;

    [Benchmark]
    public int RawUpdate()
    {
        _rawUpdate.Parameters[0].Value = Title();
        using (var transaction = _raw.BeginTransaction())
        {
            _rawUpdate.Transaction = transaction;
            _rawUpdate.ExecuteNonQuery();
            transaction.Commit();
        }

        return RawQuery();
    }

    [Benchmark]
    public async Task<int> LiveUpdateAsync()
    {
        await _jobs.PatchAsync("job-000007", patch => patch.Set("title", Title()));
        await _live.MoveNextAsync();
        return _live.Current.Items.Count;
    }

    private static Job JobOf(int i) => new(
        $"job-{i:000000}", $"Title {i} {new string('x', 100)}", $"project-{i % (Rows / PerProject)}", i, Done: i % 3 == 0);

    private EntityQuery<Job> Query() => _jobs.Query().Where("project", "project-7").OrderBy("due");

    private string Title() => (++_next).ToString(CultureInfo.InvariantCulture);

    private void OpenRaw()
    {
        _raw = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder.FullName, "raw.db"), Pooling = false }.ToString());
        _raw.Open();
        Command("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384").ExecuteNonQuery();
        Command(
            """
            CREATE TABLE jobs(id TEXT PRIMARY KEY, fields TEXT NOT NULL);
            CREATE INDEX jobs_project ON jobs(json_extract(fields, '$.project'), json_extract(fields, '$.due'), id);
            """).ExecuteNonQuery();
        using (var transaction = _raw.BeginTransaction())
        {
            using var insert = Command("INSERT INTO jobs(id, fields) VALUES($1, $2)");
            insert.Transaction = transaction;
            var (id, fields) = (insert.Parameters.AddWithValue("$1", ""), insert.Parameters.AddWithValue("$2", ""));
            for (var i = 0; i < Rows; i++)
            {
                id.Value = JobOf(i).Id;
                fields.Value = System.Text.Json.JsonSerializer.Serialize(JobOf(i), JobJson.Default.Job);
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        _rawQuery = Command(
            "SELECT id, fields FROM jobs WHERE json_extract(fields, '$.project') = 'project-7' ORDER BY json_extract(fields, '$.due'), id");
        _rawUpdate = Command("UPDATE jobs SET fields = json_set(fields, '$.title', $1) WHERE id = 'job-000007'");
        _rawUpdate.Parameters.AddWithValue("$1", "");
    }

    private SqliteCommand Command(string sql)
    {
        var command = _raw.CreateCommand();
#pragma warning disable CA2100 // No statement comes from outside.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}

/// <summary>A model with an index over two of its fields.</summary>
public sealed record Job(string Id, string Title, string Project, long Due, bool Done);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Job))]
internal sealed partial class JobJson : JsonSerializerContext;
