using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Entities;

/// <summary>Reaches the entities of a scope as grains.</summary>
internal sealed class GrainMerger(IGrainFactory grains, ScopeId scope) : IEntityMerger
{
    public Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request) =>
        grains.GetGrain<IEntityGrain>(new EntityGrainKey(scope, entity).ToString()).MergeAsync(request);
}
