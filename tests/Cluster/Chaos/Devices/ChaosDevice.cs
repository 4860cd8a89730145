using OrleansSync.Chaos.Devices.Wire;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Client;
using OrleansSync.Client.Store;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Devices;

/// <summary>One device with the real client library: writes, goes offline, reads, and keeps the history of all of it.</summary>
internal sealed class ChaosDevice : IAsyncDisposable
{
    private const int LongestOfflineMilliseconds = 4_000;

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    private readonly DevicePlace _place;
    private readonly DeviceSettings _settings;
    private readonly Random _random;
    private readonly HistoryFile _history;
    private readonly Twin _twin;
    private readonly SyncStore _store;
    private readonly SocketsHttpHandler _sockets;
    private long _writes;
    private int _operations;

    private ChaosDevice(
        DevicePlace place, DeviceSettings settings, Random random, HistoryFile history, Twin twin, SyncStore store, SocketsHttpHandler sockets) =>
        (_place, _settings, _random, _history, _twin, _store, _sockets) = (place, settings, random, history, twin, store, sockets);

    public string Name => _place.Name;

    /// <summary>Operations written by this process.</summary>
    public int Operations => Volatile.Read(ref _operations);

    public static async Task<ChaosDevice> OpenAsync(DevicePlace place, DeviceSettings settings, Action<string> say, CancellationToken cancellationToken)
    {
        var random = Seeds.For(settings.Seed, $"{place.Name} process {settings.Process}");
        var history = new HistoryFile(place.History);
        var recorder = new HistoryRecorder(history);
        var twin = new Twin(
            settings.Gateways, Seeds.For(settings.Seed, $"twin {place.Name} process {settings.Process}"), recorder,
            () => say($"{DeviceCommands.Twinned} {place.Name}"));
        var sockets = new SocketsHttpHandler
        {
            // As the library's own, but a dead connection is noticed within seconds: a run is short.
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(3),
        };
        var store = await SyncStore.OpenAsync(
            new SyncStoreOptions
            {
                DatabasePath = place.Database,
                Gateway = place.Gateway,
                Credentials = new ChaosCredentials(place.User),
                Schema = Workloads.Schema,
                DeviceName = place.Name,
                Debounce = TimeSpan.FromMilliseconds(80),
                MaxDebounce = TimeSpan.FromMilliseconds(400),
                MinBackoff = TimeSpan.FromMilliseconds(100),
                MaxBackoff = TimeSpan.FromSeconds(2),
                Periodic = TimeSpan.FromSeconds(10),
                CallTimeout = TimeSpan.FromSeconds(6),
                LoggerFactory = new HistoryLogger(history),
                HttpHandler = new WireTap(sockets, new DeviceWire(recorder, twin)),
            },
            cancellationToken);
        history.Add(new Opened(store.DeviceId, place.User, settings.Process));
        return new ChaosDevice(place, settings, random, history, twin, store, sockets);
    }

    public void ArmTwin() => _twin.Arm();

    /// <summary>Does what devices do until it is cancelled; online when it returns.</summary>
    public async Task WorkAsync(CancellationToken cancellationToken)
    {
        var offlineUntil = DateTime.MinValue;
        while (!cancellationToken.IsCancellationRequested)
        {
            var pause = _random.Between(_settings.Pause / 4, _settings.Pause * 7 / 4);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (offlineUntil != DateTime.MinValue && DateTime.UtcNow >= offlineUntil)
            {
                offlineUntil = DateTime.MinValue;
                _store.Resume();
            }

            switch (_random.Next(100))
            {
                case < 60: await WriteAsync(); break;
                case < 80: await ReadAsync(_random.Pick(Workloads.All).Schema.Type); break;
                case < 95: await SnapshotAsync(CancellationToken.None); break;
                case < 97 when offlineUntil == DateTime.MinValue: await ReconcileAsync(); break;
                case < 98 when offlineUntil == DateTime.MinValue:
                    _store.Pause();
                    offlineUntil = DateTime.UtcNow + _random.Between(500, LongestOfflineMilliseconds);
                    break;
                default: break;
            }
        }

        if (offlineUntil != DateTime.MinValue) _store.Resume();
    }

    /// <summary>Syncs until nothing is pending.</summary>
    /// <param name="waiting">Told why it takes longer.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public async Task DrainAsync(Action<string> waiting, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _store.SyncNowAsync(cancellationToken);
                var status = _store.Status;
                if (status.Pending == 0) return;
                waiting($"{Name}: {status.Pending} pending");
            }
            catch (SyncException fault)
            {
                waiting($"{Name}: {fault.Message}");
            }

            await Task.Delay(RetryEvery, cancellationToken);
        }
    }

    /// <summary>Pulls to the head, where nobody writes any more, and notes what the device then holds.</summary>
    public async Task EndAsync(Action<string> waiting, CancellationToken cancellationToken)
    {
        await DrainAsync(waiting, cancellationToken);
        await DamageAsync(cancellationToken);
        while (!await ReconcileAsync()) await Task.Delay(RetryEvery, cancellationToken);
        await SnapshotAsync(cancellationToken);
        var (cursor, rows) = await LocalState.RowsAsync(_store, cancellationToken);
        foreach (var kind in Workloads.All) await ReadAsync(kind.Schema.Type);
        var dead = new List<Dead>();
        await foreach (var letter in _store.DeadLetters.ListAsync(cancellationToken))
            dead.Add(new Dead(letter.Operation.Value, letter.Reason, letter.Code, letter.Message));
        var digest = await _store.DigestAsync(null, cancellationToken);
        _history.Add(new Ended(cursor, _store.Status.Pending, digest, rows, dead));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _twin.Dispose();
        _sockets.Dispose();
        _history.Dispose();
    }

    private async Task SnapshotAsync(CancellationToken cancellationToken)
    {
        if (await LocalState.SnapshotAsync(_store, cancellationToken) is { } snapshot) _history.Add(snapshot);
    }

    /// <summary>Compares all rows with the server's; false: the server could not be asked.</summary>
    private async Task<bool> ReconcileAsync()
    {
        try
        {
            await _store.ReconcileAsync();
            return true;
        }
        catch (SyncException fault) when (fault.IsTransient)
        {
            return false;
        }
    }

    /// <summary>Something else than the library takes a row away, and what it holds of another one: the next comparison mends both.</summary>
    private Task<bool> DamageAsync(CancellationToken cancellationToken) => _store.Database.RunAsync(
        static context =>
        {
            context.Connection.Execute("DELETE FROM entities WHERE rowid = (SELECT min(rowid) FROM entities WHERE server_sequence > 0 AND NOT pending)");
            context.Connection.Execute(
                "UPDATE entities SET fields = '{}' WHERE rowid = (SELECT max(rowid) FROM entities WHERE server_sequence > 0 AND live AND NOT pending)");
            return true;
        },
        WriteKind.Durable,
        cancellationToken);

    private async Task WriteAsync()
    {
        var kind = Workloads.Pick(_random, _settings.Purges);
        var number = ++_writes;
        var draft = new WriteDraft(_random, $"{_place.Name}.{_settings.Process}.{number}");
        _history.Add(new WriteBegun(number, kind.Name));
        try
        {
            var receipt = await kind.WriteAsync(_store, draft, CancellationToken.None);
            _history.Add(new Written(number, [.. receipt.Operations.Select(static id => id.Value)], draft.Changes));
            Interlocked.Add(ref _operations, receipt.Operations.Count);
            _ = NoteOutcomeAsync(number, receipt);
        }
        catch (SyncException refused)
        {
            // Another device's delete came between looking and writing.
            _history.Add(new WriteFailed(number, refused.Message));
        }
    }

    private async Task NoteOutcomeAsync(long write, WriteReceipt receipt)
    {
        if (receipt.Operations.Count == 0) return;
        var outcome = await receipt.Outcome.ContinueWith(
            static task => task.IsCompletedSuccessfully ? task.Result : null, TaskScheduler.Default);
        if (outcome is not null) _history.Add(new Told(write, outcome.Kind, outcome.Reason));
    }

    private async Task ReadAsync(string type)
    {
        // Few enough to come in one page, and so in one snapshot.
        var documents = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var found in _store.Collection(type).ScanAsync()) documents.Add(found.Id, found.Fields.ToJsonString());
        _history.Add(new Read(type, documents));
    }

    /// <summary>The development server takes the user's name as the token.</summary>
    private sealed class ChaosCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) =>
            new(refused is null ? $"dev:{user}" : null);
    }
}
