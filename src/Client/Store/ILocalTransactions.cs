using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Store;

/// <summary>
/// Where local transactions run. The database runs them on its writer; the simulation (tests/Convergence) on its own
/// thread, because whatever runs on a thread of its own has no order that a seed could decide.
/// </summary>
internal interface ILocalTransactions
{
    /// <summary>The state as of the last commit.</summary>
    LocalMeta Meta { get; }

    /// <summary>Runs any write; returns when it is durable.</summary>
    Task<T> RunAsync<T>(Func<WriteContext, T> work, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a write that can be had again: the power may take it back, until a later write of the other kind is durable, and the
    /// database is then as if it had never been made. Nothing that others rely on may follow from it.
    /// </summary>
    Task<T> RunRepeatableAsync<T>(Func<WriteContext, T> work, CancellationToken cancellationToken) => RunAsync(work, cancellationToken);

    /// <summary>Runs a read in one snapshot.</summary>
    Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken);

    /// <summary>The same, for the few callers that cannot wait.</summary>
    T Read<T>(Func<LocalConnection, T> read);
}
