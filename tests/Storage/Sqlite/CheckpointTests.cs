using OrleansSync.Core;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Sqlite;

public sealed class CheckpointTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_the_log_holds_comes_into_the_file_beside_the_writer()
    {
        await using var store = _folder.Open();
        var owner = await Owner.ClaimAsync(store, ScopeId.ForUser("ada"));
        // 24 MB: more than lets a checkpoint begin, and less than lets the writer do it itself.
        var text = $"\"{new string('x', 60_000)}\"";
        for (var i = 0; i < 400; i++) await owner.CommitAsync(owner.Put($"n{i}", text));

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var limit = new CancellationTokenSource(Patience);
        while (new FileInfo(_folder.Path).Length < 16_000_000) Assert.True(await timer.WaitForNextTickAsync(limit.Token));

        Assert.Empty(_folder.Complaints);
    }

    [Fact]
    public async Task The_log_stays_bounded_while_writes_never_pause()
    {
        await using var store = _folder.Open();
        var text = $"\"{new string('x', 60_000)}\"";
        // 240 MB by four owners at once.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
        {
            var owner = await Owner.ClaimAsync(store, ScopeId.ForUser($"user{number}"));
            for (var i = 0; i < 1_000; i++) await owner.CommitAsync(owner.Put($"n{i}", text));
        }));

        // 16,000 pages, and what came while the last part of it was taken over.
        Assert.InRange(new FileInfo(_folder.Path + "-wal").Length, 1, 100_000_000);
        Assert.Empty(_folder.Complaints);
    }
}
