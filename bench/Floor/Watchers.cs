using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>Who wants to hear of a user's writes.</summary>
internal sealed class Watchers
{
    private const int MaxWaiting = 1_024;

    private readonly ConcurrentDictionary<string, ImmutableArray<Channel<WatchResponse>>> _users = new(StringComparer.Ordinal);

    public Channel<WatchResponse> Add(string user)
    {
        var watcher = Channel.CreateBounded<WatchResponse>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _users.AddOrUpdate(user, [watcher], (_, others) => others.Add(watcher));
        return watcher;
    }

    public void Remove(string user, Channel<WatchResponse> watcher) => _users.AddOrUpdate(user, [], (_, all) => all.Remove(watcher));

    public void Tell(string user, long sequence, IReadOnlyList<Write> writes)
    {
        if (!_users.TryGetValue(user, out var watchers) || watchers.IsEmpty) return;
        var told = new WatchResponse { Sequence = sequence };
        foreach (var write in writes) told.Rows.Add(new Row { EntityId = write.EntityId, Sequence = sequence, Document = write.Document });
        foreach (var watcher in watchers) watcher.Writer.TryWrite(told);
    }
}
