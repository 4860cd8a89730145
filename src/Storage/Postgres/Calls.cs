using Npgsql;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres;

/// <summary>Runs everything but commits, on a bounded number of connections and with a bounded number of calls waiting for one.</summary>
internal sealed class Calls(Connections connections, PostgresStoreOptions options)
{
    private readonly int _limit = options.Connections + options.QueuedCalls;
    private int _asked;

    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync("The database could not be read.", connection => read(connection, cancellationToken), cancellationToken);

    /// <summary>Cancelled until it has a connection, and never after that.</summary>
    public Task<T> WriteAsync<T>(Func<NpgsqlConnection, Task<T>> write, CancellationToken cancellationToken) =>
        RunAsync("The database could not be written; the change may have happened.", write, cancellationToken);

    private async Task<T> RunAsync<T>(string fact, Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (Interlocked.Increment(ref _asked) > _limit)
                throw new StoreUnavailableException($"{_limit} calls to the database are under way: try again later.");
            return await CallAsync(call, cancellationToken);
        }
        catch (Exception fault) when (PostgresFaults.IsOfTheDatabase(fault))
        {
            throw new StoreUnavailableException(fact, fault);
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    private async Task<T> CallAsync<T>(Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connections.OpenAsync(cancellationToken);
            return await call(connection);
        }
        catch (Exception fault) when (PostgresFaults.IsOfTheConnection(fault) && fault.InnerException is not TimeoutException)
        {
            // Most often it was broken before it was used. Every call may be made twice: reads anyway, and the writes ask what is
            // there, so that a second one finds what the first has done.
            connections.Mistrust();
            await using var connection = await connections.OpenAsync(cancellationToken);
            return await call(connection);
        }
    }
}
