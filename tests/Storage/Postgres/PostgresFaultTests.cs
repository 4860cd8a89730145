using Npgsql;
using OrleansSync.Backends;
using OrleansSync.Backends.Postgres;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>Scenario 2 of the design: connections that end with a commit under way, and a database that goes away.</summary>
public sealed class PostgresFaultTests : IAsyncLifetime
{
    private static readonly ScopeId Scope = ScopeId.ForUser("ada");

    private PostgresFolder _folder = null!;

    public async Task InitializeAsync() => _folder = await PostgresFolder.CreateAsync();

    public async Task DisposeAsync() => await _folder.DisposeAsync();

    [Fact]
    public async Task I2_A_commit_whose_answer_is_lost_is_unknown_and_the_claim_says_that_it_took_place()
    {
        var target = new NpgsqlConnectionStringBuilder(_folder.Options.ConnectionString);
        await using var proxy = new CuttingProxy(new Uri($"tcp://{target.Host}:{target.Port}"));
        target.Port = proxy.Address.Port;
        await using var through = _folder.Open(_folder.Options with
        {
            ConnectionString = target.ConnectionString,
            CommandTimeout = TimeSpan.FromMinutes(1),
        });
        var owner = await Owner.ClaimAsync(through, Scope);
        // The statement is prepared by now, so that the next one goes out in one piece.
        await owner.CommitAsync(owner.Put("a"));

        var round = owner.Round(owner.Put("b"));
        proxy.SwallowAnswers();
        var commit = through.CommitAsync(round, default);
        await using var direct = _folder.Open();
        await UntilAsync(async () => (await direct.ReadScopeAsync(Scope, default))!.Head == 2);
        proxy.CutAndHeal();

        await Assert.ThrowsAsync<StoreOutcomeUnknownException>(() => commit);
        var claim = await through.ClaimAsync(Scope, default);
        Assert.Equal((2L, round.CommitId), (claim.State.Head, claim.State.LastCommit));
        Assert.All(_folder.Complaints, complaint => Assert.StartsWith("4104", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task I2_A_commit_whose_backend_is_killed_is_unknown_and_the_claim_says_that_it_did_not_take_place()
    {
        await using var store = _folder.Open();
        var owner = await Owner.ClaimAsync(store, Scope);
        await owner.CommitAsync(owner.Put("a"));
        var last = (await store.ReadScopeAsync(Scope, default))!.LastCommit;

        Task<CommitResult> commit;
        await using (var foreign = await ForeignTransaction.BeginAsync(_folder))
        {
            await foreign.ExecuteAsync("SELECT counter FROM devices FOR UPDATE");
            commit = store.CommitAsync(owner.Round(owner.Put("b")), default);
            var backend = await foreign.UntilSomebodyWaitsAsync();
            await foreign.ExecuteAsync($"SELECT pg_terminate_backend({backend})");
            await Assert.ThrowsAsync<StoreOutcomeUnknownException>(() => commit);
        }

        var claim = await store.ClaimAsync(Scope, default);
        Assert.Equal((1L, last), (claim.State.Head, claim.State.LastCommit));
        owner.Epoch = claim.State.Epoch;
        await owner.CommitAsync(owner.Put("b"));
    }

    /// <summary>The orphan of a lost connection may still be at work: the claim waits for its lock, and then knows.</summary>
    [Fact]
    public async Task I2_I7_A_claim_waits_for_an_orphan_that_is_still_committing_and_tells_its_end()
    {
        var target = new NpgsqlConnectionStringBuilder(_folder.Options.ConnectionString);
        await using var proxy = new CuttingProxy(new Uri($"tcp://{target.Host}:{target.Port}"));
        target.Port = proxy.Address.Port;
        await using var through = _folder.Open(_folder.Options with { ConnectionString = target.ConnectionString });
        var owner = await Owner.ClaimAsync(through, Scope);
        await owner.CommitAsync(owner.Put("a"));

        await using var direct = _folder.Open();
        var round = owner.Round(owner.Put("b"));
        Task<ScopeClaim> claim;
        await using (var foreign = await ForeignTransaction.BeginAsync(_folder))
        {
            await foreign.ExecuteAsync("SELECT counter FROM devices FOR UPDATE");
            var commit = through.CommitAsync(round, default);
            await foreign.UntilSomebodyWaitsAsync();
            // The other end of the connection is gone; the statement, which waits, does not know it yet.
            proxy.CutAndHeal();
            await Assert.ThrowsAsync<StoreOutcomeUnknownException>(() => commit);
            claim = direct.ClaimAsync(Scope, default);
            await foreign.UntilSomebodyWaitsAsync("calls");
            Assert.False(claim.IsCompleted);
        }

        Assert.Equal((2L, round.CommitId), ((await claim).State.Head, (await claim).State.LastCommit));
        Assert.Equal(2, (await direct.LoadAsync(Scope, [new("notes", "b")], default)).Single().Sequence);
    }

    [Fact]
    public async Task A_page_that_fails_half_way_leaves_its_connection_as_it_was()
    {
        await using var store = _folder.Open(_folder.Options with { Connections = 1, LockTimeout = TimeSpan.FromSeconds(1) });
        var owner = await Owner.ClaimAsync(store, Scope);
        await owner.CommitAsync(owner.Put("a"));
        var query = new ChangeQuery { Scope = Scope, After = ChangePosition.AfterSequence(0) };
        await using (var foreign = await ForeignTransaction.BeginAsync(_folder))
        {
            await foreign.ExecuteAsync("LOCK TABLE digests IN ACCESS EXCLUSIVE MODE");
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadChangesAsync(query, default));
            // The only connection, which would still be in the page's transaction.
            Assert.Equal(SessionOf(await store.RegisterDeviceAsync(Scope, Make.Device(7), Make.Session(7), 1, default)), Make.Session(7));
        }

        Assert.Equal("a", Assert.Single((await store.ReadChangesAsync(query, default))!.Rows).Key.Id);
        await using var other = _folder.Open();
        Assert.Contains(await other.ListDevicesAsync(Scope, default), static known => known.Device == Make.Device(7));

        static DeviceSession SessionOf(DeviceRecord record) => record.Session;
    }

    [Fact]
    public async Task Without_its_database_the_store_is_unavailable_and_it_goes_on_when_that_is_back()
    {
        await using var server = await PostgresServer.StartAsync(CancellationToken.None);
        await using var database = await PostgresDatabase.CreateOnAsync(server);
        await using var folder = new PostgresFolder(database);
        await using var store = folder.Open();
        var owner = await Owner.ClaimAsync(store, Scope);
        await owner.CommitAsync(owner.Put("a"));
        await server.StopAsync();

        // Connections from before break on their first use, which for a commit is an unknown end.
        var first = await Assert.ThrowsAnyAsync<Exception>(() => owner.TryCommitAsync(owner.Round(owner.Put("b"))));
        Assert.True(first is StoreUnavailableException or StoreOutcomeUnknownException, first.ToString());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => owner.TryCommitAsync(owner.Round(owner.Put("b"))));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ClaimAsync(Scope, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadScopeAsync(Scope, default));

        await server.StartAgainAsync(CancellationToken.None);
        await UntilAsync(async () =>
        {
            try
            {
                owner.Epoch = (await store.ClaimAsync(Scope, default)).State.Epoch;
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        await owner.CommitAsync(owner.Put("b"));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); !await condition(); await Task.Delay(1))
            Assert.True(DateTime.UtcNow < deadline, "The awaited condition did not come about in a minute.");
    }
}
