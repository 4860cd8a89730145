using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Sqlite;
using OrleansSync.Storage.Tests.Conformance;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Sqlite;

public sealed class SqliteStoreTests : SyncStoreConformance
{
    private readonly StoreFolder _folder = new();
    private SqliteStore? _store;

    protected override int RivalHistories => 6;

    protected override Task<ISyncStore> OpenAsync() => Task.FromResult<ISyncStore>(_store = _folder.Open());

    protected override async Task CloseAsync()
    {
        await _store!.DisposeAsync();
        _folder.Dispose();
        Assert.Empty(_folder.Complaints);
    }
}
