namespace OrleansSync.Client.Tests.Store;

public sealed class DurabilityTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(LocalDurability.Full, false)]
    [InlineData(LocalDurability.Normal, true)]
    public async Task R4_A_write_waits_for_the_disk_unless_the_app_says_otherwise(LocalDurability durability, bool leavesUnsynced)
    {
        await using var store = await OpenAsync(durability);
        await store.Notes().PutAsync(new Note("n", "a"));
        Assert.Equal(leavesUnsynced, await SyncsAsync(store));
    }

    [Fact]
    public async Task R4_What_leaves_at_once_waits_for_the_disk_whatever_the_app_says()
    {
        await using var store = await OpenAsync(LocalDurability.Normal);
        store.Database.LeavesAtOnce = static () => true;
        await store.Notes().PutAsync(new Note("m", "a"));
        Assert.False(await SyncsAsync(store));
    }

    /// <summary>What was committed had not been on the disk yet: a transaction that needs it there has something to write.</summary>
    private static async Task<bool> SyncsAsync(SyncStore store)
    {
        var before = store.Commits();
        await store.Log.MakeDurableAsync(default);
        return store.Commits() != before;
    }

    private Task<SyncStore> OpenAsync(LocalDurability durability) =>
        SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = _folder.PathOf("app.db"), Schema = TestModel.Schema, Durability = durability });
}
