using Google.Protobuf;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class OperationFormTests(SharedServer shared)
{
    private const string Operation = "batch.operations[0]";

    [Fact]
    public Task A_type_that_is_not_declared_is_refused() => RefusesAsync(op => op.Type = "unheard_of", "UNKNOWN_TYPE", $"{Operation}.type");

    [Fact]
    public Task A_type_with_a_space_is_refused() => RefusesAsync(op => op.Type = "my tasks", "INVALID_NAME", $"{Operation}.type");

    [Fact]
    public Task An_empty_type_is_refused() => RefusesAsync(op => op.Type = "", "INVALID_NAME", $"{Operation}.type");

    [Fact]
    public Task A_type_of_65_letters_is_refused() => RefusesAsync(op => op.Type = new string('t', 65), "INVALID_NAME", $"{Operation}.type");

    [Fact]
    public Task A_field_that_starts_with_a_digit_is_refused() =>
        RefusesAsync(op => op.Changes[0].Field = "1st", "INVALID_NAME", $"{Operation}.changes[0].field");

    [Fact]
    public Task A_field_of_65_letters_is_refused() =>
        RefusesAsync(op => op.Changes[0].Field = new string('f', 65), "INVALID_NAME", $"{Operation}.changes[0].field");

    [Fact]
    public Task A_field_with_a_letter_outside_ascii_is_refused() =>
        RefusesAsync(op => op.Changes[0].Field = "größe", "INVALID_NAME", $"{Operation}.changes[0].field");

    [Fact]
    public Task An_empty_entity_id_is_refused() => RefusesAsync(op => op.EntityId = "", "INVALID_ENTITY_ID", $"{Operation}.entity_id");

    [Fact]
    public Task An_entity_id_of_513_bytes_is_refused() =>
        RefusesAsync(op => op.EntityId = new string('x', 511) + "é", "INVALID_ENTITY_ID", $"{Operation}.entity_id");

    [Fact]
    public Task An_entity_id_with_a_control_character_is_refused() =>
        RefusesAsync(op => op.EntityId = "a\u001fb", "INVALID_ENTITY_ID", $"{Operation}.entity_id");

    [Fact]
    public async Task An_entity_id_of_512_bytes_is_taken()
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var id = new string('x', 510) + "é";
        await scene.Device.PushAsync(scene.Device.Create("notes", id, TestDevice.Set("text", "1")));
        Assert.NotNull((await scene.Healthy.PullAsync()).Row("notes", id));
    }

    [Fact]
    public Task An_operation_id_of_15_bytes_is_refused() =>
        RefusesAsync(op => op.Id = ByteString.CopyFrom(new byte[15]), "INVALID_UUID", $"{Operation}.id");

    [Fact]
    public Task An_operation_without_an_id_is_refused() => RefusesAsync(op => op.Id = ByteString.Empty, "INVALID_UUID", $"{Operation}.id");

    [Fact]
    public Task An_operation_id_of_zeros_is_refused() =>
        RefusesAsync(op => op.Id = ByteString.CopyFrom(new byte[16]), "INVALID_UUID", $"{Operation}.id");

    [Fact]
    public Task A_kind_that_is_not_set_is_refused() =>
        RefusesAsync(op => op.Kind = OperationKind.Unspecified, "INVALID_KIND", $"{Operation}.kind");

    [Fact]
    public Task A_kind_that_nobody_knows_is_refused() =>
        RefusesAsync(op => op.Kind = (OperationKind)99, "INVALID_KIND", $"{Operation}.kind");

    [Fact]
    public Task Counter_0_is_refused() => RefusesAsync(op => op.Counter = 0, "OUT_OF_RANGE", $"{Operation}.counter");

    [Fact]
    public Task A_counter_below_0_is_refused() => RefusesAsync(op => op.Counter = -5, "OUT_OF_RANGE", $"{Operation}.counter");

    [Fact]
    public Task A_counter_that_would_poison_the_clock_is_refused() =>
        RefusesAsync(op => op.Counter = 1L << 62, "COUNTER_AHEAD", $"{Operation}.counter");

    [Fact]
    public Task A_base_below_0_is_refused() => RefusesAsync(op => op.Base = -1, "OUT_OF_RANGE", $"{Operation}.base");

    [Fact]
    public Task A_seen_below_0_is_refused() => RefusesAsync(op => op.Seen = -1, "OUT_OF_RANGE", $"{Operation}.seen");

    [Fact]
    public Task Generation_0_is_refused() => RefusesAsync(op => op.Generation = 0, "OUT_OF_RANGE", $"{Operation}.generation");

    [Fact]
    public Task A_change_that_says_nothing_is_refused() =>
        RefusesAsync(op => op.Changes[0].ClearChange(), "MISSING", $"{Operation}.changes[0].change");

    [Fact]
    public Task A_delta_beyond_2_to_the_53rd_is_refused() =>
        RefusesAsync(op => op.Changes[0].Increment = 1L << 53, "OUT_OF_RANGE", $"{Operation}.changes[0].increment");

    [Fact]
    public Task A_delta_beyond_minus_2_to_the_53rd_is_refused() =>
        RefusesAsync(op => op.Changes[0].Increment = -(1L << 53), "OUT_OF_RANGE", $"{Operation}.changes[0].increment");

    [Fact]
    public async Task A_delta_of_2_to_the_53rd_less_1_is_taken()
    {
        var scene = await Scene.OpenAsync(shared.Server);
        await scene.Device.PushAsync(scene.Device.Update("tasks", "kept", TestDevice.Increment("minutes", (1L << 53) - 1)));
        Assert.Equal(((1L << 53) + 2).ToString(), Pulled.Value((await scene.Healthy.PullAsync()).Row("tasks", "kept"), "minutes"));
    }

    [Fact]
    public Task A_change_stamped_above_its_operation_is_refused() =>
        RefusesAsync(op => op.Changes[0].Counter = op.Counter + 1, "OUT_OF_RANGE", $"{Operation}.changes[0].counter");

    [Fact]
    public Task A_field_that_is_set_twice_is_refused() =>
        RefusesAsync(op => op.Changes.Add(op.Changes[0].Clone()), "DUPLICATE_FIELD", $"{Operation}.changes[1].field");

    [Fact]
    public Task A_delete_with_changes_is_refused() =>
        RefusesAsync(op => op.Kind = OperationKind.Delete, "UNEXPECTED_CHANGES", $"{Operation}.changes");

    [Fact]
    public Task A_set_element_that_is_not_set_is_refused() => RefusesAsync(
        op => op.Changes[0].Add = new AddElement { Element = new SetElement() }, "MISSING", $"{Operation}.changes[0].add.element");

    [Fact]
    public Task A_transaction_id_of_15_bytes_is_refused() => RefusesAsync(
        op => op.Transaction = new TransactionRef { Id = ByteString.CopyFrom(new byte[15]), Index = 0, Count = 1 },
        "INVALID_UUID",
        $"{Operation}.transaction.id");

    [Fact]
    public Task The_fault_of_a_later_operation_is_named_by_its_index() => LaterAsync();

    private async Task LaterAsync()
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var bad = scene.Device.Create("notes", "2", TestDevice.Set("text", "1"), TestDevice.Set("more", "nope"));
        await scene.RefusesAsync("INVALID_JSON", "batch.operations[1].changes[1].set", scene.Good(), bad);
    }

    private async Task RefusesAsync(Action<Operation> spoil, string reason, string path)
    {
        var scene = await Scene.OpenAsync(shared.Server);
        await scene.RefusesAsync(spoil, reason, path);
    }
}
