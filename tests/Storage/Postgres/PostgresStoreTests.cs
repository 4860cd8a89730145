using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Tests.Conformance;

namespace OrleansSync.Storage.Tests.Postgres;

public sealed class PostgresStoreTests : SyncStoreConformance
{
    private PostgresFolder? _folder;
    private PostgresStore? _store;

    protected override int RivalHistories => 6;

    protected override async Task<ISyncStore> OpenAsync()
    {
        _folder = await PostgresFolder.CreateAsync();
        return _store = _folder.Open();
    }

    protected override async Task CloseAsync()
    {
        await _store!.DisposeAsync();
        await _folder!.DisposeAsync();
        Assert.Empty(_folder.Complaints);
    }
}
