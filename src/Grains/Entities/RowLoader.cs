using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Entities;

/// <summary>
/// Loads rows for the entities of a silo. While a scope's query runs, further loads of that scope gather for the next
/// one, so a round that activates many entities costs a few queries.
/// </summary>
public sealed class RowLoader(ISyncStore store) : IRowSource
{
    private const int KeysPerQuery = 512;

    private readonly Lock _lock = new();
    // A scope is listed while a query of its runs; the list is what waits for the next one.
    private readonly Dictionary<ScopeId, Queue<Waiting>> _scopes = [];

    public Task<EntityRow?> LoadAsync(ScopeId scope, EntityKey key)
    {
        var waiting = new Waiting(key);
        lock (_lock)
        {
            if (_scopes.TryGetValue(scope, out var queue))
            {
                queue.Enqueue(waiting);
                return waiting.Row.Task;
            }

            _scopes.Add(scope, queue = new());
            queue.Enqueue(waiting);
        }

        // On the pool: it serves many grains, and must not live on the scheduler of the one that came first.
        _ = Task.Run(() => DrainAsync(scope));
        return waiting.Row.Task;
    }

    private async Task DrainAsync(ScopeId scope)
    {
        for (var batch = Next(scope); batch.Count > 0; batch = Next(scope)) await QueryAsync(scope, batch);
    }

    private List<Waiting> Next(ScopeId scope)
    {
        var batch = new List<Waiting>();
        lock (_lock)
        {
            var queue = _scopes[scope];
            while (batch.Count < KeysPerQuery && queue.TryDequeue(out var waiting)) batch.Add(waiting);
            if (batch.Count == 0) _scopes.Remove(scope);
        }

        return batch;
    }

    private async Task QueryAsync(ScopeId scope, List<Waiting> batch)
    {
        try
        {
            EntityKey[] keys = [.. batch.Select(static waiting => waiting.Key).Distinct()];
            var found = (await store.LoadAsync(scope, keys, CancellationToken.None)).ToDictionary(static row => row.Key);
            foreach (var waiting in batch) waiting.Row.TrySetResult(found.GetValueOrDefault(waiting.Key));
        }
#pragma warning disable CA1031 // Each caller gets the exception; the next query is a new try.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in batch) waiting.Row.TrySetException(exception);
        }
    }

    private sealed class Waiting(EntityKey key)
    {
        public EntityKey Key { get; } = key;

        public TaskCompletionSource<EntityRow?> Row { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
