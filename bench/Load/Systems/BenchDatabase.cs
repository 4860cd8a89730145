using OrleansSync.Backends;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>
/// What the backends of one measurement keep their data in: a private PostgreSQL server with a database for the product and
/// one for the floor, or a folder with a file for each.
/// </summary>
internal abstract class BenchDatabase : IAsyncDisposable
{
    /// <summary>Its processes, where it has some of its own.</summary>
    public abstract IReadOnlyList<MeasuredProcess> Processes { get; }

    public static async Task<BenchDatabase> StartAsync(
        BackendStore store, bool isNode, string folder, CancellationToken cancellationToken) =>
        store == BackendStore.Postgres ? await PostgresBench.StartAsync(isNode, cancellationToken) : new SqliteBench(folder);

    /// <summary>Starts the product on its data, new or there already.</summary>
    public abstract Task<Product> StartProductAsync(CancellationToken cancellationToken);

    public abstract Task<FloorServer> StartFloorAsync(CancellationToken cancellationToken);

    /// <summary>Opens the product's store directly, to fill it. The product must not be running.</summary>
    public abstract ISyncStore OpenStore();

    /// <summary>Reads all entities of a user over one connection, in the order of pages: how fast the database alone can be.</summary>
    /// <returns>How many there are.</returns>
    public abstract Task<long> ReadScopeAsync(string user, CancellationToken cancellationToken);

    /// <summary>Measures what the product has stored so far.</summary>
    public abstract Task<StorageSize> MeasureAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
