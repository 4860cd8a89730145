namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>The commits of a user are numbered from 1 to the head without a gap.</summary>
internal sealed class SequencesCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var committed = user.Scope.Journal.Select(static row => row.Sequence).ToHashSet();
        for (var sequence = 1L; sequence <= user.Scope.Head; sequence++)
        {
            if (!committed.Contains(sequence)) yield return new Violation(ViolationKind.Lost, $"{user.User}: there is no commit {sequence}; the head is {user.Scope.Head}");
        }

        foreach (var row in user.Scope.Journal.Where(row => row.Sequence < 1 || row.Sequence > user.Scope.Head))
            yield return new Violation(ViolationKind.Diverged, $"operation {row.Operation} is of commit {row.Sequence}; the head is {user.Scope.Head}", row.Operation, row.Entity);
    }
}
