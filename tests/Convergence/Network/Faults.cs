using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Scheduling;

namespace OrleansSync.Convergence.Tests.Network;

/// <summary>How often each fault strikes: once in so many chances; what is not listed never does.</summary>
internal sealed class FaultRates(IReadOnlyDictionary<FaultKind, int> rates)
{
    public static FaultRates None { get; } = new(new Dictionary<FaultKind, int>());

    public static FaultRates All { get; } = new(new Dictionary<FaultKind, int>
    {
        [FaultKind.StoreUnavailable] = 40,
        [FaultKind.CommitUnknownCommitted] = 20,
        [FaultKind.CommitUnknownLost] = 20,
        [FaultKind.CommitUnknownLate] = 20,
        [FaultKind.CommitFencedBefore] = 30,
        [FaultKind.StoreSlow] = 60,
        [FaultKind.MergeLost] = 50,
        [FaultKind.MergeReplyLost] = 50,
        [FaultKind.MergeLate] = 60,
        [FaultKind.EntityForgotten] = 30,
        [FaultKind.EntityDoubled] = 40,
        [FaultKind.PushLost] = 30,
        [FaultKind.PushReplyLost] = 30,
        [FaultKind.PushDoubled] = 12,
        [FaultKind.PushToOther] = 8,
        [FaultKind.NoticeLost] = 12,
        [FaultKind.NoticeDoubled] = 12,
        [FaultKind.NoticeLate] = 12,
        [FaultKind.StreamCut] = 25,
        [FaultKind.HandshakeLost] = 20,
        [FaultKind.HandshakeDoubled] = 20,
        [FaultKind.ClientKilled] = 60,
        [FaultKind.PowerCut] = 60,
        [FaultKind.OwnerKilledBeforeCommit] = 60,
        [FaultKind.OwnerKilledInCommit] = 60,
        [FaultKind.OwnerKilledAfterCommit] = 60,
    });

    public int Of(FaultKind fault) => rates.GetValueOrDefault(fault);

    public FaultRates Without(FaultKind fault) => new(rates.Where(one => one.Key != fault).ToDictionary());

    public static FaultRates Only(int rate, params FaultKind[] faults) => new(faults.ToDictionary(static fault => fault, _ => rate));
}

/// <summary>Decides when a fault strikes, counts it and puts it on record; ends when the world heals.</summary>
internal sealed class Faults(FaultRates rates, Dice dice, Trace trace)
{
    private static readonly string[] Names = Enum.GetNames<FaultKind>();

    private readonly int[] _counts = new int[Names.Length];
    private bool _healed;

    public int Total => _counts.Sum();

    public int Of(FaultKind fault) => _counts[(int)fault];

    public bool Strikes(FaultKind fault, string actor, int device = -1)
    {
        if (_healed || !dice.OneIn(rates.Of(fault))) return false;
        Note(fault, actor, device);
        return true;
    }

    /// <summary>A fault that the plan orders.</summary>
    public void Note(FaultKind fault, string actor, int device = -1)
    {
        _counts[(int)fault]++;
        trace.Add(actor, Names[(int)fault], device);
    }

    public void Heal() => _healed = true;
}
