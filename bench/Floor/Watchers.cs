using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Grpc.Core;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>Who watches whom. A user's feed stays for the life of the process: it is a hundred bytes.</summary>
internal sealed class Watchers
{
    private readonly ConcurrentDictionary<string, Feed> _feeds = new(StringComparer.Ordinal);

    public Feed Of(string user) => _feeds.GetOrAdd(user, static _ => new Feed());

    internal sealed class Feed
    {
        // Batches that a watcher may be behind by, before its watch ends.
        private const int Bound = 1024;

        private ImmutableArray<Channel<WatchResponse>> _watchers = [];

        /// <summary>Held from before a commit until it is published: watchers see a user's batches in their sequence.</summary>
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public Channel<WatchResponse> Watch()
        {
            var channel = Channel.CreateBounded<WatchResponse>(new BoundedChannelOptions(Bound) { SingleReader = true });
            ImmutableInterlocked.Update(ref _watchers, static (all, added) => all.Add(added), channel);
            return channel;
        }

        public void Leave(Channel<WatchResponse> channel) =>
            ImmutableInterlocked.Update(ref _watchers, static (all, gone) => all.Remove(gone), channel);

        public void Publish(Committed committed)
        {
            var watchers = _watchers;
            if (watchers.IsEmpty || committed.Fresh.Count == 0) return;
            var response = ToResponse(committed);
            foreach (var watcher in watchers)
            {
                // Neither the writers nor the memory wait for a slow watcher.
                if (watcher.Writer.TryWrite(response)) continue;
                End(watcher, StatusCode.ResourceExhausted, $"The watcher is more than {Bound} batches behind: read, and watch again.");
            }
        }

        /// <summary>A commit failed, and may be on disk all the same.</summary>
        public void Lose()
        {
            foreach (var watcher in _watchers)
                End(watcher, StatusCode.Unavailable, "The outcome of a batch is unknown: read, and watch again.");
        }

        private void End(Channel<WatchResponse> watcher, StatusCode code, string why)
        {
            watcher.Writer.TryComplete(new RpcException(new Status(code, why)));
            Leave(watcher);
        }

        private static WatchResponse ToResponse(Committed committed)
        {
            // Of several writes to one entity, the last is its row.
            var rows = new OrderedDictionary<string, Row>(committed.Fresh.Count, StringComparer.Ordinal);
            foreach (var write in committed.Fresh)
                rows[write.EntityId] = new Row { EntityId = write.EntityId, Sequence = committed.Sequence, Document = write.Document };
            var response = new WatchResponse { Sequence = committed.Sequence };
            response.Rows.AddRange(rows.Values);
            return response;
        }
    }
}
