using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>
/// How the change log reaches the entities of its scope. Any exception means that nothing was committed: the call is
/// made before the commit.
/// </summary>
public interface IEntityMerger
{
    Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request);
}
