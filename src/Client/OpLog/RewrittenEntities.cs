using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Entities that were written again while what was written first waits. One more costs an object of memory, whatever is there; one that is there is
/// entered again, and what is there twice goes when as many have been entered as there are. Immutable.
/// </summary>
internal sealed class RewrittenEntities
{
    private const int LeastLimit = 1_024;

    public static readonly RewrittenEntities None = new(default, null, 0, LeastLimit);

    private readonly EntityKey _last;
    private readonly RewrittenEntities? _before;
    private readonly int _count;
    private readonly int _limit;

    private RewrittenEntities(EntityKey last, RewrittenEntities? before, int count, int limit) =>
        (_last, _before, _count, _limit) = (last, before, count, limit);

    public bool IsEmpty => _count == 0;

    /// <summary>How many have been entered, some twice.</summary>
    public int Entered => _count;

    public static RewrittenEntities Of(IReadOnlyCollection<EntityKey> entities)
    {
        var (all, limit) = (None, Math.Max(LeastLimit, entities.Count * 2));
        foreach (var entity in entities) all = new RewrittenEntities(entity, all, all._count + 1, limit);
        return all;
    }

    public RewrittenEntities With(EntityKey entity) =>
        _count < _limit ? new RewrittenEntities(entity, this, _count + 1, _limit) : Of(All().Append(entity).ToHashSet());

    /// <summary>Some of them, each once, and the others.</summary>
    public (IReadOnlySet<EntityKey> Taken, RewrittenEntities Left) Take(int most)
    {
        var taken = new HashSet<EntityKey>();
        var left = this;
        for (; !left.IsEmpty && taken.Count < most; left = left._before!) taken.Add(left._last);
        return (taken, left);
    }

    private IEnumerable<EntityKey> All()
    {
        for (var one = this; !one.IsEmpty; one = one._before!) yield return one._last;
    }
}
