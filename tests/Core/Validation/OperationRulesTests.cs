using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Validation;

public sealed class OperationRulesTests
{
    private static readonly DeviceId Device = new(new Guid("a0000000-0000-7000-8000-00000000000a"));
    private static readonly ElementTag Tag = new(Device, 1, 0);

    private static readonly Operation Good = new()
    {
        Id = new OperationId(new Guid("01920000-0000-7000-8000-000000000001")),
        Device = Device,
        Entity = new EntityKey("tasks", "t1"),
        Kind = OperationKind.Update,
        Counter = 10,
        Changes = [Set("title"), Set("body")],
    };

    private static readonly SyncSchema Declared = new([new EntitySchema("tasks").Counter("minutes")]);

    [Fact]
    public void Generated_operations_have_no_fault() => OperationGen.Any.Sample(static operation =>
        Assert.Null(OperationRules.Check(operation, SyncSchema.Open, Limits.Default)));

    public static TheoryData<string, Operation> GoodOperations() => new()
    {
        { "no changes", Good with { Changes = [] } },
        { "delete", Good with { Kind = OperationKind.Delete, Changes = [] } },
        { "delete with before images", Good with { Kind = OperationKind.Delete, Changes = [], Before = [new BeforeImage("x", null)] } },
        { "highest generation", Good with { Generation = 1_000_000 } },
        { "base above seen", Good with { Base = 9, Seen = 3 } },
        { "whole document as of its own counter", Good with { WholeDocumentCounter = 10 } },
        { "change as of its own counter", With(new SetField("a", JsonValue.FromText("1"), 10)) },
        { "bounds of a delta", With(new IncrementField("a", IncrementField.MaxDelta), new IncrementField("b", -IncrementField.MaxDelta)) },
        { "several increments of a field", With(new IncrementField("a", 1), new IncrementField("a", 2)) },
        {
            "several elements of a field",
            With(Add("a", SetElement.Of("x")), Add("a", SetElement.Of("y"), 1), Remove("a", SetElement.Of("z")))
        },
        { "kinds that do not fit the schema", With(Set("minutes"), new IncrementField("title", 1)) },
        { "text of 1 KiB", With(Add("a", SetElement.Of(new string('é', 512)))) },
        { "64 tags", With(Remove("a", SetElement.Of(1), [.. Enumerable.Repeat(Tag, 64)])) },
        { "256 fields", With([.. Enumerable.Range(0, 256).Select(static i => Set("f" + i))]) },
        { "1,024 element changes", With([.. Enumerable.Range(0, 1024).Select(static i => Add("f", SetElement.Of(i), i))]) },
        { "id of 512 bytes", Good with { Entity = new EntityKey("tasks", new string('é', 256)) } },
        { "id beyond the basic plane", Good with { Entity = new EntityKey("tasks", "a/b c\u00a0\ud83d\ude00") } },
        { "transaction of one", Good with { Transaction = Part(0, 1) } },
        { "last of 5,000", Good with { Transaction = Part(4999, 5000) } },
        { "before images", Good with { Before = [new BeforeImage("body", JsonValue.FromText("1")), new BeforeImage("title", null)] } },
    };

    [Theory]
    [MemberData(nameof(GoodOperations))]
    public void A_good_operation_has_no_fault(string name, Operation operation)
    {
        var fault = OperationRules.Check(operation, Declared, Limits.Default);
        Assert.True(fault is null, $"{name}: {fault}");
    }

    public static TheoryData<string, Operation, FaultCode, string> BadOperations() => new()
    {
        { "zero id", Good with { Id = default }, FaultCode.InvalidUuid, "id" },
        { "zero device", Good with { Device = default }, FaultCode.InvalidUuid, "device_id" },
        { "empty type", Of("", "t1"), FaultCode.InvalidName, "type" },
        { "digit first", Of("1tasks", "t1"), FaultCode.InvalidName, "type" },
        { "letter outside of ASCII", Of("täsks", "t1"), FaultCode.InvalidName, "type" },
        { "long type", Of(new string('t', 65), "t1"), FaultCode.InvalidName, "type" },
        { "undeclared type", Of("notes", "t1"), FaultCode.UnknownType, "type" },
        { "type in other case", Of("Tasks", "t1"), FaultCode.UnknownType, "type" },
        { "empty id", Of("tasks", ""), FaultCode.InvalidEntityId, "entity_id" },
        { "id of 513 bytes", Of("tasks", new string('é', 256) + "x"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with NUL", Of("tasks", "a\0"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with C0", Of("tasks", "a\u001f"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with DEL", Of("tasks", "a\u007f"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with C1", Of("tasks", "a\u0085"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with high surrogate", Of("tasks", "a\ud800"), FaultCode.InvalidEntityId, "entity_id" },
        { "id with low surrogate", Of("tasks", "\udc00a"), FaultCode.InvalidEntityId, "entity_id" },
        { "no kind", Good with { Kind = default }, FaultCode.InvalidKind, "kind" },
        { "unknown kind", Good with { Kind = (OperationKind)4 }, FaultCode.InvalidKind, "kind" },
        { "counter 0", Good with { Counter = 0 }, FaultCode.OutOfRange, "counter" },
        { "negative counter", Good with { Counter = -1 }, FaultCode.OutOfRange, "counter" },
        { "negative base", Good with { Base = -1 }, FaultCode.OutOfRange, "base" },
        { "negative seen", Good with { Seen = -1 }, FaultCode.OutOfRange, "seen" },
        { "generation 0", Good with { Generation = 0 }, FaultCode.OutOfRange, "generation" },
        { "generation too high", Good with { Generation = 1_000_001 }, FaultCode.OutOfRange, "generation" },
        { "negative whole document", Good with { WholeDocumentCounter = -1 }, FaultCode.OutOfRange, "whole_document_counter" },
        { "whole document ahead", Good with { WholeDocumentCounter = 11 }, FaultCode.OutOfRange, "whole_document_counter" },
        {
            "whole document deleted", Good with { Kind = OperationKind.Delete, Changes = [], WholeDocumentCounter = 1 },
            FaultCode.OutOfRange, "whole_document_counter"
        },
        { "delete with changes", Good with { Kind = OperationKind.Delete }, FaultCode.UnexpectedChanges, "changes" },
        { "257 fields", With([.. Enumerable.Range(0, 257).Select(static i => Set("f" + i))]), FaultCode.TooMany, "changes" },
        {
            "1,025 element changes", With([.. Enumerable.Range(0, 1025).Select(static i => Add("f", SetElement.Of(i), i))]),
            FaultCode.TooMany, "changes"
        },
        { "bad field name", With(Set("ok"), Set("not ok")), FaultCode.InvalidName, "changes[1].field" },
        { "field set twice", With(Set("a"), Set("b"), Set("a")), FaultCode.DuplicateField, "changes[2].field" },
        {
            "20th field set twice", With([.. Enumerable.Range(0, 20).Select(static i => Set("f" + i)), Set("f19")]),
            FaultCode.DuplicateField, "changes[20].field"
        },
        {
            "first of 16 fields set twice", With([.. Enumerable.Range(0, 16).Select(static i => Set("f" + i)), Set("f0")]),
            FaultCode.DuplicateField, "changes[16].field"
        },
        { "field set and removed", With(Set("a"), new RemoveField("a")), FaultCode.DuplicateField, "changes[1].field" },
        { "change ahead", With(new RemoveField("a", 11)), FaultCode.OutOfRange, "changes[0].counter" },
        { "change with a negative counter", With(new RemoveField("a", -1)), FaultCode.OutOfRange, "changes[0].counter" },
        { "bad JSON", With(Set("a"), new SetField("b", JsonValue.FromText("{"))), FaultCode.InvalidJson, "changes[1].set" },
        { "value never given", With(new SetField("b", default)), FaultCode.InvalidJson, "changes[0].set" },
        { "delta too high", With(new IncrementField("a", IncrementField.MaxDelta + 1)), FaultCode.OutOfRange, "changes[0].increment" },
        { "delta too low", With(new IncrementField("a", long.MinValue)), FaultCode.OutOfRange, "changes[0].increment" },
        { "negative index", With(Add("a", SetElement.Of(1), -1)), FaultCode.OutOfRange, "changes[0].add.index" },
        { "text too long", With(Add("a", SetElement.Of(new string('é', 512) + "x"))), FaultCode.InvalidText, "changes[0].add.element" },
        { "text with NUL", With(Remove("a", SetElement.Of("\0"))), FaultCode.InvalidText, "changes[0].remove_element.element" },
        {
            "text with lone surrogate", With(Remove("a", SetElement.Of("\ud800x"))),
            FaultCode.InvalidText, "changes[0].remove_element.element"
        },
        {
            "65 tags", With(Remove("a", SetElement.Of(1), [.. Enumerable.Repeat(Tag, 65)])),
            FaultCode.TooMany, "changes[0].remove_element.observed"
        },
        {
            "tag without device", With(Remove("a", SetElement.Of(1), [Tag, Tag with { Device = default }])),
            FaultCode.InvalidUuid, "changes[0].remove_element.observed[1].device_id"
        },
        {
            "tag without counter", With(Remove("a", SetElement.Of(1), [Tag with { Counter = 0 }])),
            FaultCode.OutOfRange, "changes[0].remove_element.observed[0].counter"
        },
        {
            "tag with negative index", With(Remove("a", SetElement.Of(1), [Tag with { Index = -1 }])),
            FaultCode.OutOfRange, "changes[0].remove_element.observed[0].index"
        },
        {
            "transaction without id", Good with { Transaction = new TransactionRef(default, 0, 1) },
            FaultCode.InvalidUuid, "transaction.id"
        },
        { "transaction of none", Good with { Transaction = Part(0, 0) }, FaultCode.InvalidTransaction, "transaction.count" },
        { "transaction of 5,001", Good with { Transaction = Part(0, 5001) }, FaultCode.InvalidTransaction, "transaction.count" },
        { "negative place", Good with { Transaction = Part(-1, 2) }, FaultCode.InvalidTransaction, "transaction.index" },
        { "place past the end", Good with { Transaction = Part(2, 2) }, FaultCode.InvalidTransaction, "transaction.index" },
        {
            "image of another field", Good with { Before = [new BeforeImage("other", null)] },
            FaultCode.UnexpectedBeforeImage, "before[0].field"
        },
        {
            "two images", Good with { Before = [new BeforeImage("title", null), new BeforeImage("title", null)] },
            FaultCode.DuplicateField, "before[1].field"
        },
        {
            "image that is no JSON", Good with { Before = [new BeforeImage("title", JsonValue.FromText(" 1"))] },
            FaultCode.SurroundingWhiteSpace, "before[0].value"
        },
        { "257 images", Good with { Before = [.. Enumerable.Repeat(new BeforeImage("title", null), 257)] }, FaultCode.TooMany, "before" },
        {
            "image with a bad name", Good with { Kind = OperationKind.Delete, Changes = [], Before = [new BeforeImage("1", null)] },
            FaultCode.InvalidName, "before[0].field"
        },
    };

    [Theory]
    [MemberData(nameof(BadOperations))]
    public void A_bad_operation_has_its_fault(string name, Operation operation, FaultCode code, string path)
    {
        var fault = OperationRules.Check(operation, Declared, Limits.Default);
        Assert.True(fault is not null, name);
        Assert.Equal((code, path), (fault.Code, fault.Path));
        Assert.NotEmpty(fault.Message);
    }

    [Fact]
    public void A_fault_names_its_place_from_outside()
    {
        Assert.Equal("operations[3].changes[0].set", new Fault(FaultCode.InvalidJson, "changes[0].set", "").Within("operations[3]").Path);
        Assert.Equal("operations[3]", new Fault(FaultCode.InvalidJson, "", "").Within("operations[3]").Path);
    }

    private static Operation With(params FieldChange[] changes) => Good with { Changes = [.. changes] };

    private static Operation Of(string type, string id) => Good with { Entity = new EntityKey(type, id) };

    private static SetField Set(string field) => new(field, JsonValue.FromText("1"));

    private static AddElement Add(string field, SetElement element, int index = 0) => new(field, element, index, []);

    private static RemoveElement Remove(string field, SetElement element, ImmutableArray<ElementTag> observed = default) =>
        new(field, element, observed);

    private static TransactionRef Part(int index, int count) =>
        new(new TransactionId(new Guid("01920000-0000-7000-8000-0000000000ff")), index, count);
}
