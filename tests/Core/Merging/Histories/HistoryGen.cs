using CsCheck;

namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>What chance decides in a history; read as steps by a world, so that it shrinks to fewer and simpler ones.</summary>
/// <param name="Setting">The policy and the devices.</param>
/// <param name="Moves">One a commit.</param>
/// <param name="Swaps">Positions at which two commits are swapped, one after another, wherever they can be.</param>
public sealed record Tape(Setting Setting, Move[] Moves, int[] Swaps)
{
    /// <summary>The steps that the moves mean: each move is a possible one, whatever its numbers.</summary>
    public Step[] Steps()
    {
        var world = new World(Setting);
        var steps = new Step[Moves.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            var move = Moves[i];
            var known = Known(world, move);
            var possible = world.Possible(world.After(move.Device, known));
            steps[i] = new Step(move.Device, possible[move.Choice % possible.Length], known);
            if (!world.TryPlay(steps[i])) throw new InvalidOperationException($"{steps[i]} was said to be possible.");
        }

        return steps;
    }

    /// <summary>The same commits in another order that no device could have told from the first.</summary>
    public Step[] Shuffled(Step[] steps)
    {
        foreach (var swap in Swaps)
        {
            var position = swap % (steps.Length - 1);
            if (History.CanSwap(steps, position)) steps = History.Swapped(steps, position);
        }

        return steps;
    }

    public override string ToString()
    {
        var steps = Steps();
        var ranks = string.Join(' ', Setting.Ranks);
        var bootstraps = string.Join(' ', Setting.Bootstraps);
        return $"{Setting.Alphabet}, ranks {ranks}, bootstraps {bootstraps}\n{string.Join('\n', steps)}\nagainst\n{string.Join('\n', Shuffled(steps))}\n";
    }

    /// <summary>Devices often stay where they are, often pull all, and sometimes pulled before some of the commits.</summary>
    private static int Known(World world, Move move)
    {
        var before = world.KnownBy(move.Device);
        var known = move.Pull switch
        {
            < 40 => before,
            < 75 => world.Log.Count,
            _ => before + (move.Pull % (world.Log.Count - before + 1)),
        };
        while (known > before && !world.IsBoundary(known)) known--;
        return known;
    }
}

/// <summary>One commit of a tape.</summary>
public readonly record struct Move(int Device, int Choice, int Pull, bool Joins);

internal static class HistoryGen
{
    private static readonly Gen<Move> Move =
        from device in Gen.Int[0, Setting.Devices - 1]
        from choice in Gen.Int[0, 59]
        from pull in Gen.Int[0, 99]
        from joins in Gen.Int[0, 3]
        select new Move(device, choice, pull, joins == 0);

    /// <summary>Histories of 2 to 16 commits of one policy.</summary>
    public static Gen<Tape> Of(Alphabet alphabet) =>
        from moves in Move.Array[2, 16]
        from ranks in Gen.Shuffle(new[] { 1, 2, 3, 4 })
        from bootstraps in Gen.Bool.Array[Setting.Devices]
        from swaps in Gen.Int[0, 99].Array[12]
        select new Tape(
            new Setting(alphabet) { Ranks = ranks, Bootstraps = bootstraps, JoinsRound = [.. moves.Select(static move => move.Joins)] },
            moves,
            swaps);

    /// <summary>Histories of any policy.</summary>
    public static Gen<Tape> OfAny() => Gen.Int[0, Alphabet.Large.Count - 1].Select(static index => Alphabet.Large[index]).SelectMany(Of);
}
