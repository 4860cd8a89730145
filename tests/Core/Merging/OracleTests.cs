using OrleansSync.Core.Tests.Merging.Histories;

namespace OrleansSync.Core.Tests.Merging;

/// <summary>Merging one operation after another gives what the whole history gives by definition.</summary>
public sealed class OracleTests
{
    private const int PerPolicy = 20_000;
    private const int PerLaw = 5_000;

    public static TheoryData<string> Policies => SwapLawTests.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void The_value_is_what_the_operations_of_the_winning_generation_make_together(string policy)
    {
        var alphabet = Alphabet.Large.Single(known => known.Name == policy);
        Sample.Histories(HistoryGen.Of(alphabet), PerPolicy, world =>
        {
            var (row, oracle) = (world.Row!, new Oracle(world.Log, alphabet.Schema.OnDelete));
            Assert.Equal((oracle.Generation, oracle.IsDead), (row.Generation, row.Deleted));
            Assert.Equal((oracle.LastEdit, oracle.LastDelete, oracle.DocumentStamp), (row.LastEdit, row.LastDelete, row.DocumentStamp));
            var fields = row.Fields.ToDictionary(static field => field.Name, Text);
            Assert.Equal(oracle.Fields(), new SortedDictionary<string, string>(fields, StringComparer.Ordinal));
        });
    }

    [Fact]
    public void The_label_says_concurrent_exactly_when_another_device_changed_the_entity_after_what_the_writer_knew() =>
        Sample.Histories(HistoryGen.OfAny(), PerLaw, static world =>
        {
            var oracle = new Oracle(world.Log, world.Schema.OnDelete);
            Assert.Equal(oracle.Concurrent, world.Log.Select(static commit => commit.Result.Concurrent));
        });

    [Fact]
    public void A_counter_is_the_sum_of_the_increments_of_its_generation() =>
        Sample.Histories(Histories("Counters"), PerLaw, static world =>
        {
            var oracle = new Oracle(world.Log, world.Schema.OnDelete);
            Assert.Equal(oracle.Sum("n"), world.Row!.Fields.OfType<CounterField>().Single().Value);
        });

    [Fact]
    public void An_element_is_in_a_set_exactly_while_a_tag_of_it_is_seen_by_no_other_change() =>
        Sample.Histories(Histories("Sets"), PerLaw, static world =>
        {
            var oracle = new Oracle(world.Log, world.Schema.OnDelete);
            Assert.Equal(oracle.Elements("s"), Text(world.Row!.Fields.OfType<SetFieldValue>().Single()));
        });

    [Fact]
    public void EditWins_an_entity_is_dead_exactly_when_some_delete_knew_every_edit() =>
        Sample.Histories(Histories("FieldMerge, EditWins"), PerLaw, static world =>
            Assert.Equal(new Oracle(world.Log, DeletePolicy.EditWins).IsDead, world.Row!.Deleted));

    private static CsCheck.Gen<Tape> Histories(string policy) => HistoryGen.Of(Alphabet.Large.Single(known => known.Name == policy));

    private static string Text(Field field) => field switch
    {
        PlainField plain => $"{plain.Value?.ToString() ?? "removed"} ({plain.Stamp})",
        CounterField counter => $"+{counter.Value}",
        SetFieldValue set => $"{{{string.Join(", ", set.Entries.SelectMany(static entry => entry.Tags.Select(tag => $"{entry.Element}:{tag}")))}}}",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };
}
