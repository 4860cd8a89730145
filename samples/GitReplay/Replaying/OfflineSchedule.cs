using OrleansSync.Samples.GitReplay.Generating;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// When each device is offline: its commits fall into stretches of 1 to 20, each offline with the probability asked for, so
/// that about this share of all commits is written offline.
/// </summary>
internal sealed class OfflineSchedule
{
    private const int LongestStretch = 20;

    private readonly double _share;
    private readonly Stretch[] _devices;

    public OfflineSchedule(int devices, double share, ulong seed)
    {
        _share = share;
        _devices = [.. Enumerable.Range(0, devices).Select(device => new Stretch(SeededRandom.For(seed, $"offline {device}")))];
    }

    /// <summary>Offline stretches begun so far.</summary>
    public int Stretches { get; private set; }

    /// <summary>Whether the device writes its next commit offline.</summary>
    public bool NextIsOffline(int device)
    {
        if (_share == 0) return false;
        var stretch = _devices[device];
        if (stretch.Left == 0)
        {
            stretch.Left = 1 + stretch.Random.Next(LongestStretch);
            var offline = stretch.Random.NextDouble() < _share;
            if (offline && !stretch.Offline) Stretches++;
            stretch.Offline = offline;
        }
        stretch.Left--;
        return stretch.Offline;
    }

    private sealed class Stretch(SeededRandom random)
    {
        public SeededRandom Random => random;

        public int Left { get; set; }

        public bool Offline { get; set; }
    }
}
