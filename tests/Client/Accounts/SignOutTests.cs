using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Accounts;

public sealed class SignOutTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-accounts-");
    private ScriptedGateway _gateway = null!;

    private string File => SyncStore.PathFor(_folder.FullName, "ada");

    public async Task InitializeAsync() => _gateway = await ScriptedGateway.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task R12_A_sign_out_with_nothing_unsynced_removes_the_file_and_closes_the_store()
    {
        var store = await OpenAsync();
        await store.Collection("tasks").PutAsync(new SyncDocument("a", []));
        await store.SyncNowAsync();
        await store.SignOutAsync();

        Assert.Empty(DataFiles());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Collection("tasks").PutAsync(new SyncDocument("b", [])));
        await store.DisposeAsync();
        await using var next = await OpenAsync();
        Assert.Equal(0, await next.Collection("tasks").CountAsync());
    }

    [Fact]
    public async Task R12_A_sign_out_fails_while_something_is_pending_and_the_store_goes_on()
    {
        await using var store = await OpenAsync();
        await store.Collection("tasks").PutAsync(new SyncDocument("a", []));
        Assert.Equal("OS3013", (await Assert.ThrowsAsync<SyncException>(() => store.SignOutAsync())).Code);
        await store.Collection("tasks").PutAsync(new SyncDocument("b", []));
        await store.SyncNowAsync();
        Assert.Equal(2, _gateway.Script.Journal.Count);
    }

    [Fact]
    public async Task R12_A_sign_out_that_pushes_leaves_nothing_behind_and_fails_without_a_network()
    {
        var store = await OpenAsync();
        await store.Collection("tasks").PutAsync(new SyncDocument("a", []));
        _gateway.Script.OnHandshake = static _ => throw WireFaults.Of(Grpc.Core.StatusCode.Unavailable, "STORE");
        Assert.Equal("OS1006", (await Assert.ThrowsAsync<SyncException>(() => store.SignOutAsync(UnsyncedData.Push))).Code);
        Assert.Equal(1, store.Status.Pending);
        _gateway.Script.OnHandshake = null;
        await store.SignOutAsync(UnsyncedData.Push);
        Assert.Single(_gateway.Script.Journal);
        Assert.Empty(DataFiles());
    }

    [Fact]
    public async Task R12_A_dead_letter_keeps_a_sign_out_that_pushes_from_losing_it()
    {
        await using var store = await OpenAsync();
        await store.Collection("tasks").PutAsync(new SyncDocument("a", []));
        _gateway.Script.OnBatch = static _ => throw WireFaults.Malformed(0);
        await store.SyncNowAsync();
        Assert.Equal("OS3013", (await Assert.ThrowsAsync<SyncException>(() => store.SignOutAsync(UnsyncedData.Push))).Code);
        Assert.Single(await store.DeadLetters.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task R12_What_is_kept_is_there_for_the_next_sign_in_and_what_is_discarded_is_gone()
    {
        var store = await OpenAsync();
        await store.Collection("tasks").PutAsync(new SyncDocument("a", []));
        await store.SignOutAsync(UnsyncedData.Keep);
        var again = await OpenAsync();
        Assert.Equal(1, again.Status.Pending);
        await again.SignOutAsync(UnsyncedData.Discard);
        Assert.Empty(DataFiles());
        Assert.Empty(_gateway.Script.Batches);
    }

    [Fact]
    public async Task R12_No_write_slips_in_between_the_look_at_the_log_and_the_end_of_the_store()
    {
        for (var round = 0; round < 20; round++)
        {
            var store = await OpenAsync();
            var writing = Task.Run(() => store.Collection("tasks").PutAsync(new SyncDocument("a", [])));
            var leaving = store.SignOutAsync();
            var wrote = (await writing.ContinueWith(static task => task.Exception?.InnerException, TaskScheduler.Default)) is null;
            var left = (await leaving.ContinueWith(static task => task.Exception?.InnerException, TaskScheduler.Default)) is null;
            // Either the write is in a file that is still there, or it was refused.
            Assert.NotEqual(wrote, left);
            await store.DisposeAsync();
            if (wrote) await (await OpenAsync()).SignOutAsync(UnsyncedData.Discard);
        }
    }

    [Fact]
    public void R12_Accounts_have_a_file_each_whose_name_does_not_tell_them()
    {
        var names = ((string[])["ada", "Ada", "a/../d", "bob@example.org", ""]).Select(static account => SyncStore.PathFor("data", account)).ToList();
        Assert.Equal(5, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, static name => Assert.Matches("^data.[0-9a-f]{32}\\.db$", name));
    }

    // The lock stays: see DatabaseLock.
    private IEnumerable<string> DataFiles() => _folder.EnumerateFiles().Select(static file => file.Name).Where(static name => !name.EndsWith(".lock", StringComparison.Ordinal));

    private Task<SyncStore> OpenAsync() => SyncStore.OpenAsync(new SyncStoreOptions
    {
        DatabasePath = File,
        Gateway = _gateway.Address,
        Credentials = new FixedToken("dev:ada"),
        AutoSync = false,
    });
}
