using System.Globalization;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>
/// A write of one document of about 200 bytes, on disk when it returns, beside a transaction of SQLite that puts the same bytes into
/// two tables, both at FULL, where each commit waits for the disk, or both at NORMAL. 64 at once share a commit. Times are of one write.
/// </summary>
[MemoryDiagnoser]
public class LocalWriteBenchmarks
{
    private const int Together = 64;

    private readonly JsonObject _fields = JsonNode.Parse(RowEncoding.EncodeDocument(Samples.Row(0)))!.AsObject();
    private DirectoryInfo _folder = null!;
    private SyncStore _store = null!;
    private SyncCollection<SyncDocument> _tasks = null!;
    private RawTables _raw = null!;
    private int _next;

    [Params(LocalDurability.Full, LocalDurability.Normal)]
    public LocalDurability Durability { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("orleanssync-bench-");
        _store = await SyncStore.OpenAsync(
            new SyncStoreOptions { DatabasePath = Path.Combine(_folder.FullName, "store.db"), Schema = Samples.Schema, Durability = Durability });
        _tasks = _store.Collection("tasks");
        _raw = new RawTables(Path.Combine(_folder.FullName, "raw.db"), Durability);

        RawTransaction();
        Check.That(_raw.Count("entities") == 1 && _raw.Count("operations") == 1);
        await PutAsync();
        await Put64Async();
        Check.That(await _tasks.CountAsync() == 1 + Together);
        Check.That(_store.Status.Pending == 1 + Together);
        Check.That(JsonNode.DeepEquals((await _tasks.FindAsync(_next.ToString(CultureInfo.InvariantCulture)))!.Fields, _fields));
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _store.DisposeAsync();
        _raw.Dispose();
        _folder.Delete(recursive: true);
    }

    [Benchmark(Baseline = true)]
    public void RawTransaction() => _raw.Write(Id());

    [Benchmark]
    public Task PutAsync() => _tasks.PutAsync(new SyncDocument(Id(), _fields));

    [Benchmark(OperationsPerInvoke = Together)]
    public Task Put64Async() => Task.WhenAll(Enumerable.Range(0, Together).Select(_ => PutAsync()));

    private string Id() => (++_next).ToString(CultureInfo.InvariantCulture);
}
