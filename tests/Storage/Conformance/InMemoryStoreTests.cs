using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;

namespace OrleansSync.Storage.Tests.Conformance;

public sealed class InMemoryStoreTests : SyncStoreConformance
{
    protected override Task<ISyncStore> OpenAsync() => Task.FromResult<ISyncStore>(new InMemoryStore());

    protected override Task CloseAsync() => Task.CompletedTask;
}
