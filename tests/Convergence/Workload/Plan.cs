using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;

namespace OrleansSync.Convergence.Tests.Workload;

internal enum StepKind
{
    Write,
    Transaction,
    PairTransaction,
    Resolve,
    GoOffline,
    GoOnline,
    KillClient,
    KillOwner,
    DoubleOwner,
    ForgetEntities,
    StoreDown,
    Purge,
}

/// <summary>Something that a user, a phone or the cluster does, after a pause.</summary>
internal sealed record Step(StepKind Kind, int Device, int Pause, int Act, int A, int B)
{
    public override string ToString() => $"{Kind} d{Device} after {Pause} ms ({Act} {A} {B})";
}

/// <summary>What happens in a run, and by what seed the world rolls its dice.</summary>
internal sealed record Plan(ulong Seed, ImmutableArray<Step> Steps, FaultRates Rates)
{
    public const int Devices = 4;

    private const int MaxSteps = 40;

    // Writes come most often; each device has some four or five.
    private static readonly StepKind[] Mix =
    [
        StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write,
        StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Write, StepKind.Transaction, StepKind.Transaction, StepKind.Transaction,
        StepKind.PairTransaction, StepKind.PairTransaction, StepKind.PairTransaction,
        StepKind.Resolve, StepKind.Resolve, StepKind.GoOffline, StepKind.GoOnline, StepKind.KillClient, StepKind.KillOwner, StepKind.DoubleOwner, StepKind.ForgetEntities,
        StepKind.StoreDown, StepKind.Purge,
    ];

    /// <summary>Plans that CsCheck can make smaller.</summary>
    public static Gen<Plan> Gen { get; } =
        from seed in CsCheck.Gen.ULong
        from steps in CsCheck.Gen.Select(
            CsCheck.Gen.Int[0, Mix.Length - 1], CsCheck.Gen.Int[0, Devices - 1], CsCheck.Gen.Int[0, 2_000],
            CsCheck.Gen.Int[0, Acts.Count - 1], CsCheck.Gen.Int[0, Types.Mutable.Count - 1], CsCheck.Gen.Int[0, 2]).Array[1, MaxSteps]
        select new Plan(
            seed, [.. steps.Select(static s => new Step(Mix[s.Item1], s.Item2, s.Item3, s.Item4, s.Item5, s.Item6))], FaultRates.All);

    /// <summary>The plan of a seed, for runs by the thousand.</summary>
    public static Plan Of(ulong seed, FaultRates? rates = null, params StepKind[] without)
    {
        var dice = new Dice(seed);
        var mix = Array.FindAll(Mix, kind => !without.Contains(kind));
        var steps = Enumerable.Range(0, 12 + dice.Below(MaxSteps - 12)).Select(_ => new Step(
            mix[dice.Below(mix.Length)], dice.Below(Devices), (int)dice.Delay(300, 4_000).TotalMilliseconds, dice.Below(Acts.Count), dice.Below(Types.Mutable.Count), dice.Below(3)));
        return new(seed, [.. steps], rates ?? FaultRates.All);
    }

    public override string ToString() => $"seed {Seed}\n{string.Join('\n', Steps)}";
}
