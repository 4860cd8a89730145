using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>The process does not exist any more; whatever it was doing ends here.</summary>
internal sealed class ProcessKilledException : Exception;

/// <summary>One process of a device, from its start to its end.</summary>
internal sealed class Life(ILocalTransactions database, ILocalLog log)
{
    private readonly List<Action> _cuts = [];

    public ILocalTransactions Database { get; } = database;

    public ILocalLog Log { get; } = log;

    public bool IsOver { get; private set; }

    /// <summary>The server refuses the device for good.</summary>
    public bool IsRefused { get; set; }

    public void Check()
    {
        if (IsOver) throw new ProcessKilledException();
    }

    public void End()
    {
        IsOver = true;
        CutStreams();
    }

    public void CutStreams()
    {
        foreach (var cut in _cuts.ToArray()) cut();
        _cuts.Clear();
    }

    /// <summary>A stream that ends with the process; dispose when it has ended by itself.</summary>
    public void Opened(Action cut) => _cuts.Add(cut);

    public void Closed(Action cut) => _cuts.Remove(cut);
}

/// <summary>A session: the token that the last handshake gave, good until a stream is told otherwise.</summary>
internal sealed class Session(System.Collections.Immutable.ImmutableArray<byte> token)
{
    public System.Collections.Immutable.ImmutableArray<byte> Token { get; } = token;

    public bool IsOver { get; set; }
}
