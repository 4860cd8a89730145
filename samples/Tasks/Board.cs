using System.Collections.Immutable;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Samples.Tasks;

/// <summary>A line of the list.</summary>
/// <param name="Task">What the local database holds.</param>
/// <param name="State">Where it stands with the server.</param>
internal sealed record BoardRow(TaskItem Task, EntitySyncState State);

/// <summary>A title of this device's that another one's has taken the place of.</summary>
/// <param name="TaskId">Of which task.</param>
/// <param name="Mine">What was written here.</param>
internal sealed record Clash(string TaskId, string Mine);

/// <summary>
/// What the app shows, kept up to date from three streams of the store: the live query, the status and the events. Reads and writes never
/// wait for the network.
/// </summary>
internal sealed class Board : IAsyncDisposable
{
    private static readonly SyncSchema Schema = new([new EntitySchema("tasks").Counter("minutes")], acceptUndeclared: true);

    private readonly SyncStore _store;
    private readonly SyncCollection<TaskItem> _tasks;
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<OperationId, Clash> _titles = [];
    private readonly Lock _gate = new();
    private Task _following = Task.CompletedTask;

    private Board(SyncStore store)
    {
        (_store, Status) = (store, store.Status);
        _tasks = store.Collection("tasks", TasksJson.Default.TaskItem);
    }

    /// <summary>Something to be shown is another.</summary>
    public event Action? Changed;

    public ImmutableArray<BoardRow> Rows { get; private set; } = [];

    public SyncStatus Status { get; private set; }

    /// <summary>Titles that the user has to decide about, the oldest first.</summary>
    public ImmutableArray<Clash> Clashes { get; private set; } = [];

    /// <summary>What was last told by the store, for the status line.</summary>
    public string News { get; private set; } = "";

    public bool IsOffline => Status.Connection == SyncConnection.Paused;

    public static async Task<Board> OpenAsync(string database, Uri gateway, string user, string device, bool offline, CancellationToken cancellationToken)
    {
        var store = await SyncStore.OpenAsync(
            new SyncStoreOptions
            {
                DatabasePath = database,
                Gateway = gateway,
                Credentials = new DevelopmentToken(user),
                DeviceName = device,
                StartsPaused = offline,
                Schema = Schema,
                Indexes = [new LocalIndex("tasks", "title")],
                Debounce = TimeSpan.FromSeconds(1),
                MaxBackoff = TimeSpan.FromSeconds(5),
            },
            cancellationToken);
        var board = new Board(store);
        var events = store.EventsAsync(board._closing.Token);
        board._following = Task.WhenAll(board.FollowTasksAsync(), board.FollowStatusAsync(), board.FollowEventsAsync(events));
        return board;
    }

    public Task AddAsync(string title) => _tasks.PutAsync(new TaskItem(_store.NewId(), title));

    public async Task RenameAsync(TaskItem task, string title)
    {
        var receipt = await _tasks.PatchAsync(task.Id, patch => patch.Set("title", title));
        lock (_gate)
        {
            foreach (var operation in receipt.Operations) _titles[operation] = new Clash(task.Id, title);
        }
    }

    public Task ToggleAsync(TaskItem task) => _tasks.UpdateAsync(task.Id, static one => one with { Done = !one.Done });

    public Task SpendAsync(TaskItem task, long minutes) => _tasks.PatchAsync(task.Id, patch => patch.Increment("minutes", minutes));

    public Task DeleteAsync(TaskItem task) => _tasks.DeleteAsync(task.Id);

    public void SetOffline(bool offline)
    {
        if (offline) _store.Pause();
        else _store.Resume();
    }

    public Task SyncAsync(CancellationToken cancellationToken) => _store.SyncNowAsync(cancellationToken);

    public ValueTask<List<DeadLetter>> LettersAsync(CancellationToken cancellationToken) =>
        _store.DeadLetters.ListAsync(cancellationToken).ToListAsync(cancellationToken);

    public Task<string> DigestAsync() => _store.DigestAsync();

    /// <summary>The rows are what the local database holds: the live query tells of a write a moment after it.</summary>
    public async Task<bool> IsCurrentAsync()
    {
        var shown = Rows;
        foreach (var row in shown)
        {
            if (await _tasks.StateOfAsync(row.Task.Id, _closing.Token) != row.State) return false;
        }

        return shown.Select(static row => row.Task).SequenceEqual(await Ordered.ToListAsync(_closing.Token));
    }

    /// <summary>Decides the oldest clash: the user's own title is written again, and wins, or stays as it is.</summary>
    public async Task ResolveAsync(bool keepMine)
    {
        if (Clashes is not [var clash, ..]) return;
        if (keepMine && Rows.FirstOrDefault(row => row.Task.Id == clash.TaskId) is { } row) await RenameAsync(row.Task, clash.Mine);
        lock (_gate) Clashes = Clashes.Remove(clash);
        Changed?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _following;
        await _store.DisposeAsync();
        _closing.Dispose();
    }

    private EntityQuery<TaskItem> Ordered => _tasks.Query().OrderBy("title");

    private Task FollowTasksAsync() => FollowAsync(
        Ordered.LiveAsync(_closing.Token),
        snapshot => Rows = [.. snapshot.Items.Zip(snapshot.States, static (task, state) => new BoardRow(task, state))]);

    private Task FollowStatusAsync() => FollowAsync(_store.WatchStatusAsync(_closing.Token), status => Status = status);

    private Task FollowEventsAsync(IAsyncEnumerable<SyncEvent> events) => FollowAsync(events, Note);

    private void Note(SyncEvent what)
    {
        lock (_gate)
        {
            if (what is SyncEvent.Conflict { Outcome: OutcomeKind.Superseded } lost && _titles.Remove(lost.Operation, out var clash))
                Clashes = Clashes.Add(clash);
            News = what switch
            {
                SyncEvent.Conflict conflict => $"A change met another device's: {conflict.Outcome.ToString().ToLowerInvariant()}.",
                SyncEvent.DeadLettered letter => $"Refused ({letter.Code}): see the dead letters.",
                SyncEvent.ResyncStarted => "The server asks for a fresh start: everything is read again.",
                SyncEvent.Resynced => "Everything is read again.",
                SyncEvent.UpgradeRequired upgrade => upgrade.Message,
                SyncEvent.SignedOut signedOut => signedOut.Message,
                SyncEvent.Refused refused => refused.Message,
                SyncEvent.Copied copied => $"This database is a copy: it goes on as a device of its own, with {copied.DeadLetters} dead letters.",
                _ => News,
            };
        }
    }

    private async Task FollowAsync<T>(IAsyncEnumerable<T> stream, Action<T> note)
    {
        try
        {
            await foreach (var one in stream)
            {
                note(one);
                Changed?.Invoke();
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The app closes.
        }
    }

    private sealed class DevelopmentToken(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new(refused is null ? $"dev:{user}" : null);
    }
}
