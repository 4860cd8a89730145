using OrleansSync.Backends;
using OrleansSync.Samples.GitReplay.Generating;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// Kills the backend with SIGKILL at random moments of the replay and starts it again. A moment is a commit and a delay from
/// its beginning, both from the seed; where the delay ends is up to the machine.
/// </summary>
internal sealed class ServerKiller : IAsyncDisposable
{
    private const int LongestDelayMilliseconds = 40;

    private readonly IBackend _backend;
    private readonly Dictionary<int, TimeSpan> _moments = [];
    private readonly CancellationTokenSource _end = new();
    private volatile string _phase = "";
    private Task _kills = Task.CompletedTask;

    public ServerKiller(IBackend backend, int kills, int commits, ulong seed)
    {
        _backend = backend;
        var random = SeededRandom.For(seed, "kills");
        while (_moments.Count < Math.Min(kills, commits))
            _moments.TryAdd(1 + random.Next(commits), TimeSpan.FromMilliseconds(random.Next(LongestDelayMilliseconds)));
    }

    /// <summary>What the replay was doing at each kill.</summary>
    public SortedDictionary<string, int> Phases { get; } = new(StringComparer.Ordinal);

    public int Kills { get; private set; }

    /// <summary>The replay begins this commit.</summary>
    public void Reached(int commit)
    {
        if (_moments.TryGetValue(commit, out var delay)) _kills = KillAsync(_kills, delay);
    }

    /// <summary>What the replay does now.</summary>
    public void Enter(string phase) => _phase = phase;

    /// <summary>Returns when the last kill is over and the backend runs.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => _kills.WaitAsync(cancellationToken);

    /// <summary>Nothing is killed or started after this, so that the backend can be disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _kills.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task KillAsync(Task earlier, TimeSpan delay)
    {
        await earlier;
        await Task.Delay(delay, _end.Token);
        var phase = _phase;
        _backend.Kill();
        Kills++;
        Phases[phase] = Phases.GetValueOrDefault(phase) + 1;
        await _backend.RestartAsync(_end.Token);
    }
}
