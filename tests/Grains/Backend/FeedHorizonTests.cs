using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Tests.Cluster;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Backend;

/// <summary>R44: what a reader missed for good is told, not skipped. Tombstones below sequence 4 are purged.</summary>
public sealed class FeedHorizonTests : IAsyncLifetime
{
    private const string User = "ada";

    private TestSilos _silos = null!;
    private ISyncFeed _feed = null!;
    private FeedCheckpoint _head;

    public async Task InitializeAsync()
    {
        _silos = await TestSilos.StartAsync(1, StoreKind.Memory);
        _feed = _silos.Services.GetRequiredService<ISyncFeed>();
        var writer = _silos.Services.GetRequiredService<ISyncWriter>();
        await writer.WriteAsync(User, "k0", static write => write.Put("notes", "n1", new JsonObject()).Put("notes", "old", new JsonObject()));
        for (var i = 2; i <= 6; i++)
        {
            await writer.WriteAsync(User, $"k{i}", write =>
            {
                write.Put("notes", $"n{i}", new JsonObject());
                if (i == 4) write.Delete("notes", "old");
            });
        }

        await _silos.Store.PurgeAsync(new() { Scope = ScopeId.ForUser(User), DeletedBefore = long.MaxValue, JournaledBefore = 0 }, default);
        _head = (await _feed.ReadAsync(User, FeedCheckpoint.Start).LastAsync()).Checkpoint;
    }

    public async Task DisposeAsync() => await _silos.DisposeAsync();

    [Fact]
    public async Task R44_A_checkpoint_that_cannot_be_gone_on_from_is_told_and_nothing_is_skipped()
    {
        Assert.Equal(6, _head.Sequence);
        await FaultAsync(FeedFault.CheckpointExpired, _head with { Sequence = 3 });
        await FaultAsync(FeedFault.CheckpointAhead, _head with { Sequence = 7 });
        await FaultAsync(FeedFault.LineageChanged, _head with { Lineage = Guid.NewGuid() });
        await FaultAsync(FeedFault.LineageChanged, _head with { Lineage = Guid.NewGuid(), Sequence = 2, FirstHead = 6 });
        Assert.Equal("5 6", string.Join(" ", await SequencesAsync(_head with { Sequence = 4 })));
        var other = await Assert.ThrowsAsync<SyncFeedException>(async () =>
            await _feed.FollowAsync("nobody", _head).ToListAsync());
        Assert.Equal(FeedFault.LineageChanged, other.Fault);
    }

    [Fact]
    public async Task R44_A_first_reading_that_is_cut_below_the_horizon_goes_on_as_long_as_its_beginning_lies_above()
    {
        var batches = await _feed.ReadAsync(User, FeedCheckpoint.Start).ToListAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6], batches.Select(static batch => batch.Sequence));
        var rest = await SequencesAsync(FeedCheckpoint.Parse(batches[0].Checkpoint.ToString()));
        Assert.Equal("2 3 4 5 6", string.Join(" ", rest));
        await FaultAsync(FeedFault.CheckpointExpired, batches[0].Checkpoint with { FirstHead = 3 });
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef:-1")]
    [InlineData("0123456789abcdef0123456789abcdef:1:2:3")]
    [InlineData("00000000000000000000000000000000:1")]
    public void R44_A_text_that_is_no_checkpoint_is_told(string text) => Assert.Throws<FormatException>(() => FeedCheckpoint.Parse(text));

    private async Task FaultAsync(FeedFault fault, FeedCheckpoint from)
    {
        var exception = await Assert.ThrowsAsync<SyncFeedException>(() => SequencesAsync(from));
        Assert.Equal(fault, exception.Fault);
    }

    private async Task<long[]> SequencesAsync(FeedCheckpoint from) =>
        await _feed.ReadAsync(User, from).Select(static batch => batch.Sequence).ToArrayAsync();
}
