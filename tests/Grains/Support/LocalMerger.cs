using System.Collections.Concurrent;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>The entities of a scope as plain objects, one call at a time each, as grains would be.</summary>
internal sealed class LocalMerger(ScopeId scope, ISyncStore store, Limits limits, SyncSchema? schema = null) : IEntityMerger, IRowSource
{
    private readonly ConcurrentDictionary<EntityKey, (EntityState State, SemaphoreSlim Turn)> _entities = new();

    public ConcurrentQueue<(EntityKey Entity, MergeRequest Request)> Calls { get; } = new();

    /// <summary>Throws, or lets the call through.</summary>
    public Action<EntityKey, MergeRequest>? Before { get; set; }

    /// <summary>Throws after the entity has staged its row, as a lost reply does.</summary>
    public Action<EntityKey, MergeRequest>? After { get; set; }

    /// <summary>All activations go away; what they had staged goes with them.</summary>
    public void Forget() => _entities.Clear();

    public async Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request)
    {
        Calls.Enqueue((entity, request));
        Before?.Invoke(entity, request);
        var (state, turn) = _entities.GetOrAdd(entity, key =>
            (new EntityState(new(scope, key), (schema ?? SyncSchema.Open).Find(key.Type)!, limits, this, Resolvers.None), new SemaphoreSlim(1)));
        await turn.WaitAsync();
        try
        {
            var reply = await state.MergeAsync(request);
            After?.Invoke(entity, request);
            return reply;
        }
        finally
        {
            turn.Release();
        }
    }

    public async Task<EntityRow?> LoadAsync(ScopeId scope, EntityKey key) =>
        (await store.LoadAsync(scope, [key], CancellationToken.None)).SingleOrDefault();
}
