using OrleansSync.Samples.GitReplay.Checking;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// Plays the history, commit by commit: its author's device pulls, writes the commit as a transaction and pushes; a device
/// that is offline only writes. A pull is left out where nobody else has pushed since the device's last sync.
/// </summary>
internal sealed class Replayer(
    GitRepository repository, IReadOnlyList<ReplayDevice> devices, OfflineSchedule schedule, PatientSync sync, ServerKiller? killer)
{
    // An author's device, given out in turn as authors appear.
    private readonly Dictionary<string, int> _authors = new(StringComparer.Ordinal);
    private readonly int[] _syncedAt = new int[devices.Count];
    private readonly bool[] _hasUnpushed = new bool[devices.Count];
    private int _pushes;

    public ReplayTally Tally { get; } = new();

    /// <summary>Where a device that pulled before its commit did not hold what git says the commit found.</summary>
    public Differences Surprises { get; } = new("before a commit");

    public async Task RunAsync(bool countLines, Action<int> progress, CancellationToken cancellationToken)
    {
        var conflicts = false;
        await foreach (var commit in repository.HistoryAsync(countLines, cancellationToken))
        {
            killer?.Reached(Tally.Commits + 1);
            var device = DeviceOf(commit.Author);
            var offline = schedule.NextIsOffline(device);
            conflicts |= offline;
            await ReplayAsync(commit, device, offline, conflicts, cancellationToken);
            progress(Tally.Commits);
        }
        if (killer is not null) await killer.EndAsync(cancellationToken);
    }

    /// <summary>Everybody comes online and pushes at once; then everybody pulls what the others pushed.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(devices.Select(device => sync.SyncAsync(device, cancellationToken)));
        await Task.WhenAll(devices.Select(device => sync.SyncAsync(device, cancellationToken)));
    }

    private async Task ReplayAsync(GitCommit commit, int device, bool offline, bool conflicts, CancellationToken cancellationToken)
    {
        if (!offline && _syncedAt[device] < _pushes)
        {
            killer?.Enter("pulling");
            await SyncAsync(device, cancellationToken);
        }

        killer?.Enter("writing");
        var parts = CommitParts.Of(commit);
        foreach (var part in parts)
        {
            // Once anybody was offline, a device need not hold what the commit found.
            Action<string> surprise = conflicts ? static _ => { } : Surprises.Add;
            Tally.Add(await devices[device].WriteAsync(commit.Id, part, surprise, cancellationToken));
        }
        Tally.Add(commit, parts.Count);
        _hasUnpushed[device] |= parts.Count > 0;
        if (offline) Tally.OfflineCommits++;
        if (offline || !_hasUnpushed[device]) return;

        killer?.Enter("pushing");
        await SyncAsync(device, cancellationToken);
    }

    private async Task SyncAsync(int device, CancellationToken cancellationToken)
    {
        await sync.SyncAsync(devices[device], cancellationToken);
        if (_hasUnpushed[device]) _pushes++;
        _hasUnpushed[device] = false;
        _syncedAt[device] = _pushes;
    }

    private int DeviceOf(string author)
    {
        if (_authors.TryGetValue(author, out var device)) return device;
        device = _authors.Count % devices.Count;
        _authors.Add(author, device);
        Tally.Authors = _authors.Count;
        return device;
    }
}
