using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>How a <c>SyncStore</c> opens. Validated at open; all faults are reported at once.</summary>
public sealed record SyncStoreOptions
{
    /// <summary>Path of the local database; created when absent. One file per account.</summary>
    public required string DatabasePath { get; init; }

    /// <summary>The gateway's address, http or https. <c>null</c>: local only.</summary>
    public Uri? Gateway { get; init; }

    /// <summary>Where the bearer token comes from. Needed with <see cref="Gateway"/>.</summary>
    public ISyncCredentials? Credentials { get; init; }

    /// <summary>The schema to start with, before the server has sent its own. Optional.</summary>
    public SyncSchema? Schema { get; init; }

    /// <summary>
    /// The types that a new database holds of the server's, 1 to 1,000; <c>null</c>: all. From then on
    /// <see cref="SyncStore.Subscriptions"/> says.
    /// </summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>
    /// Types that stay on this device: their entities are never sent, and are gone with the file. At most 1,000. What was
    /// written while a type was named here is not sent later either.
    /// </summary>
    public IReadOnlyList<string> LocalTypes { get; init; } = [];

    /// <summary>What a write has survived when it returns. Full.</summary>
    public LocalDurability Durability { get; init; } = LocalDurability.Full;

    /// <summary>Indexes of the local database for <c>SyncCollection.Query</c>. At most 64.</summary>
    public IReadOnlyList<LocalIndex> Indexes { get; init; } = [];

    /// <summary>How the device introduces itself in the user's device list. At most 128 bytes each.</summary>
    public string DeviceName { get; init; } = Environment.MachineName;

    /// <summary>Version of the app, for the device list.</summary>
    public string AppVersion { get; init; } = "";

    /// <summary>Syncs by itself. Off: only <c>SyncNowAsync</c> does.</summary>
    public bool AutoSync { get; init; } = true;

    /// <summary>Opens paused: nothing is synced before <c>Resume()</c>. For an app whose user has chosen to be offline.</summary>
    public bool StartsPaused { get; init; }

    /// <summary>Quiet time after the last write before a push. 0 to 1 minute; 3 s.</summary>
    public TimeSpan Debounce { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest that a steady writer can put a push off. At least <see cref="Debounce"/>; 10 s.</summary>
    public TimeSpan MaxDebounce { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The least that <see cref="Debounce"/> and <see cref="MaxDebounce"/> are while <see cref="Conditions"/> says that the device saves. 0 to
    /// 1 hour; 1 min.
    /// </summary>
    public TimeSpan SavingDebounce { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The device's network and battery. Without a network nothing is tried but at <see cref="Periodic"/> and on request, and as soon as there
    /// is one the delay after failures is skipped. <c>null</c>: every try is worth it. A gateway on this machine needs no network.
    /// </summary>
    public IDeviceConditions? Conditions { get; init; }

    /// <summary>First delay after a failure; doubles to <see cref="MaxBackoff"/>, with full jitter. 1 s.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay after failures. 60 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Syncs at least this often, whatever happens. 15 min.</summary>
    public TimeSpan Periodic { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Compares all rows with the server's at least this often, with the next full sync. Where a digest tells that they differ, that is done
    /// soon in any case. 1 hour to 365 days; 1 day.
    /// </summary>
    public TimeSpan ReconcilePeriod { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Deadline of a unary call and of the wait for one acknowledgement. 30 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Failures that the server answered before an operation becomes a dead letter. 1 to 100; 5.</summary>
    public int MaxAnsweredFailures { get; init; } = 5;

    /// <summary>
    /// The most operations that are kept after the server has recorded them, to be sent again with the same ids to a server that was restored to an
    /// earlier point. The oldest go first. 0 to 1,000,000; 10,000. 0: none, and what such a server has lost of this device's writes is gone.
    /// </summary>
    public int KeptOperations { get; init; } = 10_000;

    /// <summary>The most bytes of them. 64 KiB to 1 GiB; 16 MiB.</summary>
    public long KeptBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long they are kept: longer than a backup that may have to be restored is old. 1 hour to 365 days; 7 days.</summary>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Time for scheduling and for "written at"; never for ordering.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log events go.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Makes the meter "OrleansSync.Client" (docs/metrics.md). <c>null</c>: the store makes its own.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>Handler below the gRPC channel, for proxies and tests. <c>null</c>: the platform's.</summary>
    public HttpMessageHandler? HttpHandler { get; init; }
}

/// <summary>Where the bearer token comes from.</summary>
public interface ISyncCredentials
{
    /// <summary>The token to send. Called before each connection, and again with <paramref name="refused"/> after a 401.</summary>
    /// <param name="refused">The token that was refused, or <c>null</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A token, or <c>null</c>: nobody is signed in; syncing pauses.</returns>
    ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken);
}
