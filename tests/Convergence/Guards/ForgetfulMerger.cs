using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Users;

namespace OrleansSync.Convergence.Tests.Guards;

/// <summary>Does not tell entities which attempts came to nothing.</summary>
internal sealed class ForgetfulMerger(IEntityMerger inner) : IEntityMerger
{
    public Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request) => inner.MergeAsync(entity, request with { Abandoned = [] });
}
