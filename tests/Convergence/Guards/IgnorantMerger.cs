using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Users;

namespace OrleansSync.Convergence.Tests.Guards;

/// <summary>Does not tell entities that some of their commits were merged without them.</summary>
internal sealed class IgnorantMerger(IEntityMerger inner) : IEntityMerger
{
    public Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request) => inner.MergeAsync(entity, request with { CalledSince = 0 });
}
