using Orleans.Placement;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;

namespace OrleansSync.Grains.Entities;

/// <summary>
/// One entity. It is placed beside the user grain that calls it, because nobody else does, and it stays only while it is
/// in use: there are many, each holds a row, and a round loads the rows it lacks with a query or two.
/// </summary>
[GrainType("orleanssync.entity"), PreferLocalPlacement, CollectionAgeLimit(Minutes = 5)]
public sealed class EntityGrain : Grain, IEntityGrain
{
    private readonly EntityState _state;

    public EntityGrain(GrainSettings settings, RowLoader rows, Resolvers resolvers)
    {
        var key = EntityGrainKey.Parse(this.GetPrimaryKeyString());
        // The gateway refuses unknown types; one that was declared when its operations were queued still merges.
        var schema = settings.Schema.Find(key.Entity.Type) ?? EntitySchema.Undeclared(key.Entity.Type);
        _state = new EntityState(key, schema, settings.Limits, rows, resolvers);
    }

    public Task<MergeReply> MergeAsync(MergeRequest request) => _state.MergeAsync(request);
}
