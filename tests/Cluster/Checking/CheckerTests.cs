using Google.Protobuf;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Checking.Checks;
using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Cluster.Tests.Checking;

/// <summary>Every check finds what it is there for: a run that went well, with one thing changed.</summary>
public sealed class CheckerTests
{
    private readonly Story _story = Story.ThatWentWell();

    [Fact]
    public void A_run_that_went_well_has_no_violation() => Assert.Empty(Checker.Run([_story.Build()]));

    [Fact]
    public void An_operation_that_is_nowhere_is_lost()
    {
        var gone = _story.JournalOf("tallies/t", 1);
        _story.Journal.Remove(gone);
        Finds(new WritesCheck(), ViolationKind.Lost, gone.Operation);
    }

    [Fact]
    public void An_acknowledged_operation_that_is_not_in_the_journal_is_lost()
    {
        var gone = _story.JournalOf("notes/n", 1);
        _story.Journal.Remove(gone);
        Finds(new AnswersCheck(), ViolationKind.Lost, gone.Operation);
    }

    [Fact]
    public void An_operation_that_is_in_the_journal_twice_is_doubled()
    {
        _story.Journal.Add(_story.Journal[0]);
        Finds(new JournalCheck(), ViolationKind.Doubled, _story.Journal[0].Operation);
    }

    [Fact]
    public void An_increment_that_counted_twice_is_doubled()
    {
        SetCounter("tallies/t", 11);
        Finds(new ValuesCheck(), ViolationKind.Doubled);
    }

    [Fact]
    public void An_increment_that_did_not_count_is_lost()
    {
        SetCounter("tallies/t", 3);
        Finds(new ValuesCheck(), ViolationKind.Lost);
    }

    [Fact]
    public void A_second_answer_that_differs_is_doubled()
    {
        var answered = _story.JournalOf("tallies/t", 1);
        _story.B.Events.Add(new Answered("twin", [new AnsweredOutcome(answered.Operation, answered.Outcome, answered.Sequence + 1, answered.Reason)]));
        Finds(new AnswersCheck(), ViolationKind.Doubled, answered.Operation);
    }

    [Fact]
    public void A_receipt_that_says_otherwise_than_the_journal_is_found()
    {
        _story.A.ChangeLast<Told>(static _ => true, static told => told with { Kind = OutcomeKind.Superseded });
        Finds(new AnswersCheck(), ViolationKind.Doubled);
    }

    [Fact]
    public void An_id_with_two_contents_is_found()
    {
        var content = _story.A.Events.OfType<Content>().First();
        var other = Protocol.V1.Operation.Parser.ParseFrom(content.Wire);
        other.Counter++;
        _story.A.Events.Add(content with { Wire = other.ToByteArray() });
        Finds(new JournalCheck(), ViolationKind.Doubled, content.Operation);
    }

    [Fact]
    public void An_operation_that_no_device_sent_is_found()
    {
        var strange = _story.Journal[0] with { Operation = Guid.NewGuid() };
        _story.Journal.Add(strange);
        Finds(new JournalCheck(), ViolationKind.Diverged, strange.Operation);
    }

    [Fact]
    public void An_operation_that_the_journal_has_otherwise_is_found()
    {
        var row = _story.Journal[0];
        _story.Change(row, static row => row with { Counter = row.Counter + 1 });
        Finds(new JournalCheck(), ViolationKind.Diverged, row.Operation);
    }

    [Fact]
    public void An_operation_that_says_something_else_than_was_written_is_found()
    {
        _story.A.ChangeLast<Written>(
            static write => write.Changes[0].Increment.ContainsKey("count"),
            static write => write with { Changes = [write.Changes[0] with { Increment = new Dictionary<string, long> { ["count"] = 30 } }] });
        Finds(new WritesCheck(), ViolationKind.Diverged);
    }

    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(2, 2, false)]
    public void A_write_that_became_part_of_a_later_one_is_there_where_that_one_says_both(long first, long second, bool good)
    {
        Absorb(first, second);
        var found = new WritesCheck().Run(_story.Build()).ToList();
        if (good) Assert.Empty(found);
        else Assert.Equal(ViolationKind.Diverged, Assert.Single(found).Kind);
    }

    [Theory]
    [InlineData("letters", "own", true)]
    [InlineData("letters", "other's", true)]
    [InlineData("letters", "nobody's", false)]
    [InlineData("notes", "own", true)]
    [InlineData("notes", "other's", false)]
    public void A_whole_document_carries_what_its_app_saw_beside_the_write(string type, string value, bool good)
    {
        _story.Write(_story.B, _story.Create($"{type}/w", new SetField("to", Story.Json("other's"))));
        _story.Write(_story.A, _story.Update($"{type}/w", new SetField("to", Story.Json(value)), new SetField("text", Story.Json("hello"))));
        // What it wrote last is the text alone; the field beside it comes from a write that was never sent.
        var at = _story.A.Events.FindLastIndex(static happened => happened is Written);
        var written = (Written)_story.A.Events[at];
        _story.A.Events[at] = written with { Changes = [Setting("text", "hello")] };
        _story.A.Events.Insert(at, new Written(99, [Guid.CreateVersion7()], [Setting("to", "own")]));
        var found = new WritesCheck().Run(_story.Build()).ToList();
        if (good) Assert.Empty(found);
        else Assert.Equal(ViolationKind.Diverged, Assert.Single(found).Kind);

        Intention Setting(string field, string text) => written.Changes[0] with { Set = new Dictionary<string, string> { [field] = $"\"{text}\"" } };
    }

    [Fact]
    public void A_write_that_is_nowhere_and_has_no_later_one_is_lost()
    {
        var nowhere = Guid.CreateVersion7();
        _story.A.Events.Add(new Written(99, [nowhere], [new Intention("tallies", "t", OperationKind.Update)]));
        Finds(new WritesCheck(), ViolationKind.Lost, nowhere);
    }

    [Fact]
    public void A_refusal_that_no_policy_asks_for_is_lost_work()
    {
        var refused = _story.JournalOf("notes/n", 1);
        _story.Change(refused, static row => row with { Outcome = OutcomeKind.Rejected, Reason = RejectionReason.PredecessorRejected });
        Finds(new WritesCheck(), ViolationKind.Lost, refused.Operation);
    }

    [Fact]
    public void A_dead_letter_that_no_policy_asks_for_is_lost_work()
    {
        var dead = _story.JournalOf("notes/n", 1).Operation;
        _story.B.ChangeLast<Ended>(
            static _ => true, end => end with { DeadLetters = [new Dead(dead, RejectionReason.None, "OS1015", "the server's fault")] });
        Finds(new WritesCheck(), ViolationKind.Lost, dead);
    }

    [Fact]
    public void A_sequence_without_a_commit_is_found()
    {
        _story.Journal.Remove(_story.JournalOf("notes/n", 1));
        Finds(new SequencesCheck(), ViolationKind.Lost);
    }

    [Fact]
    public void A_commit_past_the_head_is_found()
    {
        _story.Head--;
        Finds(new SequencesCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void Operations_of_a_device_that_took_effect_the_other_way_round_are_found()
    {
        var (first, second) = (_story.JournalOf("tallies/t"), _story.JournalOf("tallies/t", 1));
        _story.Change(first, row => row with { Sequence = second.Sequence });
        _story.Change(second, row => row with { Sequence = first.Sequence });
        Finds(new OrderCheck(), ViolationKind.Diverged, first.Operation);
    }

    [Fact]
    public void A_row_with_another_value_than_the_model_says_is_found()
    {
        var row = _story.Rows[Story.Key("notes/n")];
        _story.Rows[row.Key] = row with { Fields = [new PlainField("title", ((PlainField)row.Fields[0]).Stamp, Story.Json("third"))] };
        Finds(new ValuesCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_row_that_is_alive_against_the_model_is_found()
    {
        var row = _story.Rows[Story.Key("tools/k")];
        _story.Rows[row.Key] = row with { Deleted = false };
        Finds(new ValuesCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void A_row_that_is_missing_against_the_model_is_found()
    {
        _story.Rows.Remove(Story.Key("notes/n"));
        Finds(new ValuesCheck(), ViolationKind.Diverged);
    }

    [Fact]
    public void An_outcome_that_the_merge_does_not_give_is_found()
    {
        var row = _story.JournalOf("notes/n", 1);
        _story.Change(row, static row => row with { Outcome = OutcomeKind.Superseded });
        Finds(new ValuesCheck(), ViolationKind.Diverged, row.Operation);
    }

    /// <summary>A counted three with one operation; says that the app meant it with two writes, of which the first was never sent.</summary>
    private void Absorb(long first, long second)
    {
        var at = _story.A.Events.FindIndex(static happened => happened is Written write && write.Changes[0].Increment.ContainsKey("count"));
        var written = (Written)_story.A.Events[at];
        _story.A.Events[at] = written with { Changes = [Counting(second)] };
        _story.A.Events.Insert(at, new Written(99, [Guid.CreateVersion7()], [Counting(first)]));

        Intention Counting(long delta) => written.Changes[0] with { Increment = new Dictionary<string, long> { ["count"] = delta } };
    }

    private void SetCounter(string entity, long value)
    {
        var row = _story.Rows[Story.Key(entity)];
        _story.Rows[row.Key] = row with { Fields = [.. row.Fields.Select(field => field is CounterField ? new CounterField(field.Name, value) : field)] };
    }

    private void Finds(ICheck check, ViolationKind kind, Guid? operation = null)
    {
        var found = check.Run(_story.Build()).ToArray();
        Assert.Contains(found, violation => violation.Kind == kind && (operation is null || violation.Operation == operation));
    }
}
