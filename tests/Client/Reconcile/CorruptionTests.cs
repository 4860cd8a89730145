using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Reconcile;

/// <summary>Everything that can be wrong with a row or a digest is found, and mended, and nothing else changes.</summary>
public sealed class CorruptionTests : IAsyncLifetime
{
    private const string CopyOfRow =
        """
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
        SELECT type, 'ghost', live, pending, sequence, fields, meta, server_sequence FROM entities WHERE id = 'n000007'
        """;

    private ReconcileWorld _world = null!;

    private SyncStore Phone => _world.Phone.Store;

    public async Task InitializeAsync()
    {
        _world = await ReconcileWorld.StartAsync();
        await _world.SeedAsync(500);
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [InlineData("UPDATE entities SET fields = replace(fields, 'title of', 't1tle of') WHERE id = 'n000007'", 1, 0)]
    [InlineData("UPDATE entities SET meta = x'00' WHERE id = 'n000007'", 1, 0)]
    [InlineData("UPDATE entities SET fields = '{' WHERE id IN ('n000007', 'n000008')", 2, 0)]
    [InlineData("UPDATE entities SET live = 0 WHERE id = 'n000007'", 1, 0)]
    [InlineData("UPDATE entities SET sequence = sequence + 900, server_sequence = server_sequence + 900 WHERE id = 'n000007'", 1, 0)]
    [InlineData("DELETE FROM entities WHERE id IN ('n000007', 'n000107', 'n000207')", 3, 0)]
    [InlineData(CopyOfRow, 0, 1)]
    [InlineData("UPDATE entities SET id = 'ghost' WHERE id = 'n000007'", 1, 1)]
    [InlineData("DELETE FROM entities", 500, 0)]
    public async Task R24_Rows_that_something_else_has_changed_on_the_disk_are_found_and_are_the_servers_again(
        string sql, int mended, int dropped)
    {
        await ReconcileWorld.DamageAsync(_world.Phone, sql);

        var report = await Phone.ReconcileAsync();

        Assert.Equal((1, mended, dropped), (report.Types, report.Mended, report.Dropped));
        await _world.AssertMendedAsync();
        Assert.Equal(1, _world.Logs.Count(1205));
        report = await Phone.ReconcileAsync();
        Assert.Equal((1, 500, 0, 0), (report.Types, report.Rows, report.Mended, report.Dropped));
    }

    [Fact]
    public async Task R24_R42_A_digest_of_the_server_that_is_wrong_is_found_at_a_complete_cursor_and_mended_by_itself()
    {
        // The first page of a watch may still be on its way, and would find it as well.
        await _world.Laptop.GoOfflineAsync();
        await _world.Phone.GoOfflineAsync();
        _world.DamageServer("UPDATE digests SET digest = zeroblob(16), live = live + 3");

        await _world.Phone.GoOnlineAsync();
        await Eventually.TrueAsync(() => _world.Logs.Count(1204) == 1, "the reconciliation");

        Assert.Equal((1, 1), (_world.Logs.Count(1203), _world.Logs.Count(3016)));
        await _world.AssertMendedAsync();
        await _world.Laptop.GoOnlineAsync();
        await _world.Laptop.Store.Collection("notes").PutAsync(ReconcileWorld.Note("later", "x"));
        await _world.World.ConvergeAsync();
        await _world.Phone.RestartAsync();
        await _world.AssertMendedAsync();
        Assert.Equal(1, _world.Logs.Count(1203));
    }

    [Fact]
    public async Task R24_R42_A_row_that_was_lost_unnoticed_is_found_with_the_next_commit_of_its_type_and_comes_back_by_itself()
    {
        // First: the watch's own first page may still be on its way, and finds it as well.
        await using var events = Phone.EventsAsync().GetAsyncEnumerator();
        // As by a fault of this library: the row is not there, and what is kept of the rows says so too.
        await LoseAsync("n000007");

        await _world.Laptop.Store.Collection("notes").PutAsync(ReconcileWorld.Note("later", "x"));
        await _world.Laptop.Store.SyncNowAsync();

        Assert.True(await events.MoveNextAsync());
        Assert.Equal(["notes"], Assert.IsType<SyncEvent.DriftFound>(events.Current).Types);
        Assert.True(await events.MoveNextAsync());
        var report = Assert.IsType<SyncEvent.Reconciled>(events.Current).Report;
        Assert.Equal((1, 0), (report.Mended, report.Dropped));
        await _world.World.ConvergeAsync();
        await _world.AssertMendedAsync();
        Assert.Equal("title of 7", await ReconcileWorld.TitleAsync(_world.Phone, "n000007"));
    }

    [Fact]
    public async Task R24_Rows_are_compared_once_a_day_whatever_the_digests_say()
    {
        await ReconcileWorld.DamageAsync(
            _world.Phone, "UPDATE entities SET fields = replace(fields, 'title of', 't1tle of') WHERE id = 'n000007'");
        await _world.Laptop.GoOfflineAsync();
        await _world.World.AdvanceAsync(TimeSpan.FromHours(23));
        Assert.Equal("t1tle of 7", await ReconcileWorld.TitleAsync(_world.Phone, "n000007"));
        Assert.Equal(0, _world.Logs.Count(1204));

        await _world.World.AdvanceAsync(TimeSpan.FromHours(1.5));

        Assert.Equal("title of 7", await ReconcileWorld.TitleAsync(_world.Phone, "n000007"));
        await _world.AssertMendedAsync();
        await _world.World.AdvanceAsync(TimeSpan.FromHours(20));
        Assert.Equal(1, _world.Logs.Count(1204));
    }

    [Fact]
    public async Task R24_What_is_written_while_rows_are_mended_stays_and_reaches_the_server()
    {
        await _world.Phone.GoOfflineAsync();
        await Phone.Collection("notes").PatchAsync("n000007", static patch => patch.Set("title", "mine").Increment("likes", 2));
        await Phone.Collection("notes").PatchAsync("n000008", static patch => patch.Set("title", "mine too"));
        await ReconcileWorld.DamageAsync(
            _world.Phone, "UPDATE entities SET server_fields = replace(server_fields, 'title', 't1tle') WHERE id = 'n000007'");
        await ReconcileWorld.DamageAsync(_world.Phone, "DELETE FROM entities WHERE id = 'n000009'");
        await _world.Phone.GoOnlineAsync();

        await Phone.ReconcileAsync();

        await _world.World.ConvergeAsync();
        await _world.AssertMendedAsync();
        Assert.Equal("mine", await ReconcileWorld.TitleAsync(_world.Laptop, "n000007"));
        Assert.Equal("mine too", await ReconcileWorld.TitleAsync(_world.Laptop, "n000008"));
    }

    private Task<bool> LoseAsync(string id) => Phone.Database.RunAsync(
        context =>
        {
            Rebase.Run(context, new EntityKey("notes", id), server: null);
            return true;
        },
        WriteKind.Durable,
        default);
}
