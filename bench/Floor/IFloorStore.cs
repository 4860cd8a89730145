using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

internal interface IFloorStore : IAsyncDisposable
{
    /// <summary>Commits a batch under the user's next sequence, durably; writes that were there before have no effect.</summary>
    Task<Committed> WriteAsync(string user, IReadOnlyList<Write> writes);

    /// <summary>The user's rows in the order of their sequence.</summary>
    IAsyncEnumerable<Row> ReadAsync(string user, CancellationToken cancellationToken);
}

/// <summary>A batch that is on disk.</summary>
internal readonly record struct Committed(long Sequence, int Applied);
