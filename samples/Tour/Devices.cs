using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Samples.Tour;

/// <summary>One device of the Tour: a store with its own database file.</summary>
internal sealed class TourDevice : IAsyncDisposable
{
    /// <summary>The same rules as the server's; a device works with them before it has ever met one.</summary>
    private static readonly SyncSchema Schema = new([new EntitySchema("tasks").Counter("minutes")], acceptUndeclared: true);

    /// <summary>The same rules again, as the server's configuration has them.</summary>
    public static IReadOnlyDictionary<string, string> ServerSettings { get; } = new Dictionary<string, string>
    {
        ["Entities:tasks:Policy"] = "FieldMerge",
        ["Entities:tasks:Fields:minutes"] = "Counter",
    };

    private TourDevice(SyncStore store)
    {
        Store = store;
        Tasks = store.Collection("tasks", TourJson.Default.TaskItem);
        Orders = store.Collection("orders", TourJson.Default.Order);
        OrderLines = store.Collection("order_lines", TourJson.Default.OrderLine);
        Readings = store.Collection("readings", TourJson.Default.Reading);
    }

    public SyncStore Store { get; }

    public SyncCollection<TaskItem> Tasks { get; }

    public SyncCollection<Order> Orders { get; }

    public SyncCollection<OrderLine> OrderLines { get; }

    public SyncCollection<Reading> Readings { get; }

    public static async Task<TourDevice> OpenAsync(string name, string folder, Uri gateway, CancellationToken cancellationToken) =>
        new(await SyncStore.OpenAsync(
            new SyncStoreOptions
            {
                DatabasePath = Path.Combine(folder, $"{name}.db"),
                Gateway = gateway,
                Credentials = new DevelopmentCredentials("ada"),
                Schema = Schema,
                DeviceName = name,
                // The Tour does not want to wait for quiet, nor for a minute's backoff.
                Debounce = TimeSpan.FromMilliseconds(50),
                MaxDebounce = TimeSpan.FromMilliseconds(200),
                MinBackoff = TimeSpan.FromMilliseconds(100),
                MaxBackoff = TimeSpan.FromSeconds(1),
                CallTimeout = TimeSpan.FromSeconds(5),
            },
            cancellationToken));

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>The development server takes the user's name as the token.</summary>
    private sealed class DevelopmentCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) =>
            new(refused is null ? $"dev:{user}" : null);
    }
}
