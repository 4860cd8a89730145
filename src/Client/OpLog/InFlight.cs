using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The batches on their way, and what a search for the next one need not look at. In memory alone: a process that ends has nothing in
/// flight any more, and what the server made of its batches the next one asks again. Immutable.
/// </summary>
internal sealed class InFlight
{
    public static readonly InFlight Nothing = new([], CounterSet.Empty);

    private readonly ImmutableArray<InFlightBatch> _batches;

    private InFlight(ImmutableArray<InFlightBatch> batches, CounterSet passed) => (_batches, Passed) = (batches, passed);

    /// <summary>
    /// Counters whose operations are in flight or settled, or where there are none and never will be. Holds all that are in flight; of
    /// the others what has been come across, so that nothing is looked at again and again behind one that waits for long.
    /// </summary>
    public CounterSet Passed { get; }

    public bool Any => !_batches.IsEmpty;

    /// <summary>The operations of each batch, in log order.</summary>
    public IEnumerable<IReadOnlyList<Operation>> Batches => _batches.Select(static batch => batch.Operations);

    public IEnumerable<Operation> Operations => Batches.SelectMany(static batch => batch);

    /// <summary>An operation of this entity is in flight.</summary>
    public bool Holds(EntityKey entity)
    {
        foreach (var batch in _batches)
        {
            if (batch.Entities.Contains(entity)) return true;
        }

        return false;
    }

    public InFlight WithPassed(CounterSet passed) => new(_batches, passed);

    /// <summary>With these operations, in log order, as one more batch.</summary>
    public InFlight With(IReadOnlyList<Operation> operations) =>
        new(_batches.Add(new InFlightBatch(operations)), Passed.With(RunsOf(operations)));

    /// <summary>Without the operations that are settled now.</summary>
    public InFlight WithoutSettled(IReadOnlySet<OperationId> operations) => new(Without(operations), Passed);

    /// <summary>Without operations that can leave again.</summary>
    public InFlight WithoutWaiting(IReadOnlySet<OperationId> operations)
    {
        var waiting = Operations.Where(one => operations.Contains(one.Id)).OrderBy(static one => one.Counter);
        return new InFlight(Without(operations), Passed.Without(RunsOf(waiting)));
    }

    /// <summary>The same, each with all of its transaction. Some may have left the log, when a pull has settled them meanwhile.</summary>
    public InFlight WithoutFailed(IReadOnlyList<OperationId> operations)
    {
        var failed = operations.ToHashSet();
        var transactions = Operations.Where(one => failed.Contains(one.Id) && one.Transaction is not null)
            .Select(static one => one.Transaction!.Id).ToHashSet();
        var all = Operations.Where(one => failed.Contains(one.Id) || (one.Transaction is { } member && transactions.Contains(member.Id)));
        return WithoutWaiting(all.Select(static one => one.Id).ToHashSet());
    }

    private static IEnumerable<CounterRun> RunsOf(IEnumerable<Operation> operations) => CounterRuns.Of(operations.Select(static one => one.Counter));

    private ImmutableArray<InFlightBatch> Without(IReadOnlySet<OperationId> operations) =>
        [.. _batches.Select(batch => batch.Without(operations)).OfType<InFlightBatch>()];

    private sealed class InFlightBatch(IReadOnlyList<Operation> operations)
    {
        public IReadOnlyList<Operation> Operations => operations;

        public HashSet<EntityKey> Entities { get; } = [.. operations.Select(static one => one.Entity)];

        /// <summary><c>null</c>: nothing is left.</summary>
        public InFlightBatch? Without(IReadOnlySet<OperationId> gone)
        {
            var left = operations.Where(one => !gone.Contains(one.Id)).ToList();
            return left.Count == operations.Count ? this : left.Count > 0 ? new InFlightBatch(left) : null;
        }
    }
}
