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

    /// <summary>Runs a write; returns when it is as durable as its kind says.</summary>
    Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken);

    /// <summary>Runs a read in one snapshot.</summary>
    Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken);

    /// <summary>The same, for the few callers that cannot wait.</summary>
    T Read<T>(Func<LocalConnection, T> read);
}

internal static class LocalTransactions
{
    /// <summary>Runs any write; returns when it is durable.</summary>
    public static Task<T> RunAsync<T>(this ILocalTransactions database, Func<WriteContext, T> work, CancellationToken cancellationToken) =>
        database.RunAsync(work, WriteKind.Durable, cancellationToken);
}
