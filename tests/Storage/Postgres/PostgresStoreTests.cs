using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Tests.Conformance;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>As it runs: the tests' commits are mostly alone, and go with the statement for one.</summary>
public sealed class PostgresStoreTests() : PostgresConformance(hasSingleStatement: true);

/// <summary>Every commit with the statement for many.</summary>
public sealed class PostgresGroupStatementTests() : PostgresConformance(hasSingleStatement: false);

public abstract class PostgresConformance(bool hasSingleStatement) : SyncStoreConformance
{
    private PostgresFolder? _folder;
    private PostgresStore? _store;

    protected override int RivalHistories => 6;

    protected override async Task<ISyncStore> OpenAsync()
    {
        _folder = await PostgresFolder.CreateAsync();
        return _store = _folder.Open(_folder.Options with { HasSingleStatement = hasSingleStatement });
    }

    protected override async Task CloseAsync()
    {
        await _store!.DisposeAsync();
        await _folder!.DisposeAsync();
        Assert.Empty(_folder.Complaints);
    }
}
