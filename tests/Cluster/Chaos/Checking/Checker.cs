using OrleansSync.Chaos.Checking.Checks;

namespace OrleansSync.Chaos.Checking;

/// <summary>Runs every check on every user.</summary>
internal static class Checker
{
    public static IReadOnlyList<ICheck> Checks { get; } =
    [
        new JournalCheck(),
        new AnswersCheck(),
        new WritesCheck(),
        new SequencesCheck(),
        new OrderCheck(),
        new TransactionsCheck(),
        new SnapshotsCheck(),
        new WholenessCheck(),
        new ReadsCheck(),
        new ValuesCheck(),
        new InboxCheck(),
        new ConvergenceCheck(),
    ];

    public static IReadOnlyList<Violation> Run(IEnumerable<UserRecord> users) =>
        [.. users.SelectMany(static user => Checks.SelectMany(check => check.Run(user)))];
}
