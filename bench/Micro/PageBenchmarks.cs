using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using OrleansSync.Client;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>
/// Pages of the server's rows, of about 200 bytes each, into a local database. Times are of one row: of a first pull of 20 pages, of a
/// pull that brings all these rows anew, of one page that does, and of a commit of one row that is watched.
/// </summary>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 2, iterationCount: 15)]
public class PageBenchmarks
{
    private const int Pages = 20;
    private const int PageRows = 1_000;
    private const int Commits = 500;

    private readonly Guid _lineage = Guid.NewGuid();
    private readonly EntityRow[] _rows = [.. Enumerable.Range(0, Pages * PageRows).Select(Samples.Row)];
    private DirectoryInfo _folder = null!;
    private SyncStore _store = null!;
    private long _sequence;

    [IterationSetup(Target = nameof(FirstPullAsync))]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("orleanssync-bench-");
        var options = new SyncStoreOptions { DatabasePath = Path.Combine(_folder.FullName, "store.db"), Schema = Samples.Schema };
        _store = SyncStore.OpenAsync(options).GetAwaiter().GetResult();
        _sequence = 0;
    }

    [IterationSetup(Targets = [nameof(NextPullAsync), nameof(PageAsync), nameof(CommitsAsync)])]
    public void Fill()
    {
        Open();
        FirstPullAsync().GetAwaiter().GetResult();
        Check.That(_store.Collection("tasks").CountAsync().GetAwaiter().GetResult() == _rows.Length);
    }

    [IterationCleanup]
    public void Close()
    {
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Delete(recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Pages * PageRows)]
    public Task FirstPullAsync() => PullAsync();

    [Benchmark(OperationsPerInvoke = Pages * PageRows)]
    public Task NextPullAsync() => PullAsync();

    [Benchmark(OperationsPerInvoke = PageRows)]
    public Task PageAsync() => ApplyAsync(_rows.Take(PageRows), complete: true);

    [Benchmark(OperationsPerInvoke = Commits)]
    public async Task CommitsAsync()
    {
        for (var i = 0; i < Commits; i++) await ApplyAsync([_rows[i]], complete: true);
    }

    private async Task PullAsync()
    {
        for (var page = 0; page < Pages; page++) await ApplyAsync(_rows.Skip(page * PageRows).Take(PageRows), complete: page == Pages - 1);
    }

    private Task ApplyAsync(IEnumerable<EntityRow> rows, bool complete)
    {
        var page = rows.Select(row => new EncodedRow(row with { Sequence = ++_sequence })).ToList();
        return _store.Log.ApplyPageAsync(
            new ChangePage(page, [], complete, complete ? _lineage : Guid.Empty, complete ? _sequence : 0, default, _sequence, 1), default);
    }
}
