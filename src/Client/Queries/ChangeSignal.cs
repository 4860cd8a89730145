using System.Threading.Channels;
using OrleansSync.Client.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Queries;

/// <summary>Collects which entities of a type changed, until somebody asks.</summary>
internal sealed class ChangeSignal : IDisposable
{
    // Beyond it the query is simply asked again.
    private const int MostKeys = 200;

    private readonly LocalDatabase _database;
    private readonly string? _type;
    // One place: a change that nobody has asked about yet is one with those that follow.
    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private HashSet<string>? _ids = [];

    /// <param name="database">What changes.</param>
    /// <param name="type">Whose entities count; <c>null</c>: any.</param>
    public ChangeSignal(LocalDatabase database, string? type)
    {
        (_database, _type) = (database, type);
        _database.Changed += OnChanged;
    }

    /// <summary>Waits until something has changed; the ids, or <c>null</c>: any may have.</summary>
    public async Task<IReadOnlyCollection<string>?> NextAsync(CancellationToken cancellationToken)
    {
        await _raised.Reader.ReadAsync(cancellationToken);
        lock (_gate)
        {
            var ids = _ids;
            _ids = [];
            return ids;
        }
    }

    public void Dispose() => _database.Changed -= OnChanged;

    private void OnChanged(IReadOnlyList<EntityKey>? keys)
    {
        lock (_gate)
        {
            if (keys is null) _ids = null;
            else if (!Note(keys)) return;
            _raised.Writer.TryWrite(true);
        }
    }

    private bool Note(IReadOnlyList<EntityKey> keys)
    {
        var any = false;
        foreach (var key in keys)
        {
            // Where an entity stands changes with the conflict inbox, which changes seldom.
            var isInbox = key.Type == ParkedOperation.Type;
            if (key.Type != _type && _type is not null && !isInbox) continue;
            any = true;
            _ids?.Add(key.Id);
            if (_ids?.Count > MostKeys || (isInbox && _type != key.Type)) _ids = null;
        }

        return any;
    }
}
