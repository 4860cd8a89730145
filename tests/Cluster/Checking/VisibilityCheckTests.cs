using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Checking.Checks;
using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Cluster.Tests.Checking;

/// <summary>The checks of what devices saw find what they are there for.</summary>
public sealed class VisibilityCheckTests
{
    private readonly Story _story = Story.ThatWentWell();

    [Fact]
    public void A_transaction_of_which_the_journal_has_a_part_is_torn()
    {
        _story.Journal.Remove(_story.JournalOf("accounts/y"));
        Finds(new TransactionsCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_transaction_that_is_spread_over_two_commits_is_torn()
    {
        _story.Change(_story.JournalOf("accounts/y"), static row => row with { Sequence = row.Sequence + 1 });
        Finds(new TransactionsCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_transaction_that_was_refused_in_part_is_torn()
    {
        _story.Change(_story.JournalOf("accounts/y"), static row => row with { Outcome = OutcomeKind.Rejected, Reason = RejectionReason.Conflict });
        Finds(new TransactionsCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_transaction_that_a_cursor_shows_by_half_is_torn()
    {
        ChangeSnapshot(snapshot => snapshot with { Rows = With(snapshot.Rows, "accounts/y", _story.JournalOf("accounts/y").Sequence) });
        Finds(new SnapshotsCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_row_that_comes_before_its_commit_is_found()
    {
        ChangeSnapshot(static snapshot => snapshot with { Cursor = snapshot.Cursor - 1 });
        Finds(new SnapshotsCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_commit_that_a_cursor_does_not_show_is_a_gap()
    {
        ChangeSnapshot(snapshot => snapshot with { Rows = With(snapshot.Rows, "notes/n", _story.JournalOf("notes/n").Sequence) });
        Finds(new SnapshotsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_live_row_that_a_cursor_does_not_show_is_a_gap()
    {
        ChangeSnapshot(static snapshot => snapshot with { Rows = snapshot.Rows.Where(static row => row.Key != "notes/n").ToDictionary() });
        Finds(new SnapshotsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void Rows_of_the_right_sequences_with_other_values_are_found()
    {
        ChangeSnapshot(static snapshot => snapshot with { Digest = new string('1', 32) });
        Finds(new SnapshotsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_cursor_that_goes_back_is_found()
    {
        _story.A.Events.Add(_story.A.Events.OfType<Snapshot>().First());
        Finds(new SnapshotsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void An_app_that_sees_a_transaction_by_half_is_found()
    {
        _story.A.ChangeLast<Read>(
            static read => read.Type == "accounts",
            static read => read with { Documents = read.Documents.Where(static document => document.Key == "x").ToDictionary() });
        Finds(new WholenessCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void Balances_that_the_database_does_not_keep_are_found()
    {
        _story.Change(_story.JournalOf("accounts/y", 1), static row => row with { Sequence = row.Sequence + 1 });
        Finds(new WholenessCheck(), ViolationKind.Torn);
    }

    [Fact]
    public void A_value_that_goes_back_to_an_older_one_has_vanished()
    {
        _story.A.ChangeLast<Read>(
            static read => read.Type == "notes",
            static read => read with { Documents = new Dictionary<string, string> { ["n"] = """{"title":"first"}""" } });
        Finds(new ReadsCheck(), ViolationKind.Diverged, _story.JournalOf("notes/n", 1).Operation);
    }

    [Fact]
    public void A_document_that_nobody_deleted_has_vanished()
    {
        _story.A.ChangeLast<Read>(static read => read.Type == "notes", static read => read with { Documents = new Dictionary<string, string>() });
        Finds(new ReadsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_field_that_nobody_removed_has_vanished()
    {
        _story.A.ChangeLast<Read>(
            static read => read.Type == "notes", static read => read with { Documents = new Dictionary<string, string> { ["n"] = "{}" } });
        Finds(new ReadsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_counter_that_is_seen_to_fall_is_found()
    {
        _story.A.ChangeLast<Read>(
            static read => read.Type == "tallies",
            static read => read with { Documents = new Dictionary<string, string> { ["t"] = """{"count":6,"name":"tally"}""" } });
        Finds(new ReadsCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_device_that_ends_with_another_row_has_diverged()
    {
        var row = _story.Rows[Story.Key("notes/n")];
        var other = Story.Held(row with { Fields = [new PlainField("title", ((PlainField)row.Fields[0]).Stamp, Story.Json("third"))] });
        _story.B.ChangeLast<Ended>(static _ => true, end => end with { Rows = [.. end.Rows.Where(static held => held.Type != "notes"), other] });
        Finds(new ConvergenceCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_device_that_ends_with_another_digest_has_diverged()
    {
        _story.B.ChangeLast<Ended>(static _ => true, static end => end with { Digest = new string('0', 32) });
        Finds(new ConvergenceCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_device_that_ends_behind_the_head_has_diverged()
    {
        _story.B.ChangeLast<Ended>(static _ => true, static end => end with { Cursor = end.Cursor - 1 });
        Finds(new ConvergenceCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_device_that_ends_with_something_pending_has_diverged()
    {
        _story.B.ChangeLast<Ended>(static _ => true, static end => end with { Pending = 1 });
        Finds(new ConvergenceCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_device_that_never_ended_has_diverged()
    {
        _story.B.Events.RemoveAll(static what => what is Ended);
        Finds(new ConvergenceCheck(), ViolationKind.Diverged);
    }

    private static Dictionary<string, long> With(IReadOnlyDictionary<string, long> rows, string entity, long sequence) =>
        new(rows) { [entity] = sequence };

    private void ChangeSnapshot(Func<Snapshot, Snapshot> change) => _story.A.ChangeLast(static _ => true, change);

    private void Finds(ICheck check, ViolationKind kind, Guid? operation = null)
    {
        var found = check.Run(_story.Build()).ToArray();
        Assert.Contains(found, violation => violation.Kind == kind && (operation is null || violation.Operation == operation));
    }
}
