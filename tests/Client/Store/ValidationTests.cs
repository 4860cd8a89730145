using System.Text.Json.Nodes;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

/// <summary>What is written locally is never malformed on the server; and a refused write leaves nothing.</summary>
public sealed class ValidationTests : IDisposable
{
    private static readonly Dictionary<string, Func<SyncStore, Task<WriteReceipt>>> Faulty = new(StringComparer.Ordinal)
    {
        ["an empty id"] = store => store.Notes().PutAsync(new Note("", "a")),
        ["an id with a control character"] = store => store.Notes().PutAsync(new Note("a\nb", "a")),
        ["an id of 513 bytes"] = store => store.Notes().PutAsync(new Note(new string('i', 513), "a")),
        ["a type that is no name"] = store => store.Collection("no-name").PutAsync(new SyncDocument("x", [])),
        ["a field that is no name"] = store => store.Collection("notes").PutAsync(new SyncDocument("x", new() { ["a-b"] = 1 })),
        ["NUL in a value"] = store => store.Notes().PutAsync(new Note("x", "a\0b")),
        ["a value of more than 64 KiB"] = store => store.Notes().PutAsync(new Note("x", new string('v', 64 * 1024))),
        ["a value nested too deep"] = store => store.Collection("notes").PutAsync(new SyncDocument("x", new() { ["deep"] = Nested(33) })),
        ["an increment past 2^53"] = store => store.Notes().PatchAsync("there", patch => patch.Increment("minutes", 1L << 53)),
        ["an element of more than 1 KiB"] = store => store.Notes().PatchAsync("there", patch => patch.Add("tags", new string('e', 1025))),
        ["257 fields"] = store => store.Collection("notes").PutAsync(new SyncDocument("x", Fields(257))),
    };

    private readonly TestFolder _folder = new();

    public static TheoryData<string> Faults => new(Faulty.Keys);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task R28_A_malformed_write_is_refused_and_leaves_nothing(string fault)
    {
        await using var store = await _folder.OpenAsync(schema: new SyncSchema(TestModel.Schema.Types.Values, acceptUndeclared: true));
        await store.Notes().PutAsync(new Note("there", "a"));
        await store.Notes().PatchAsync("there", patch => patch.Increment("minutes", 1));

        var error = await Assert.ThrowsAsync<SyncException>(() => Faulty[fault](store));

        Assert.Equal("OS3000", error.Code);
        Assert.Equal(2, (await store.LogAsync()).Count);
        Assert.Equal(1, await store.Notes().CountAsync());
    }

    [Fact]
    public async Task The_error_names_the_entity_the_field_and_the_rule()
    {
        await using var store = await _folder.OpenAsync();

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Notes().PutAsync(new Note("x", new string('v', 64 * 1024))));

        Assert.Contains("notes/x", error.Message, StringComparison.Ordinal);
        Assert.Contains("'title'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_outgrows_its_limit_is_refused_and_stays_as_it_was()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Collection("notes");
        var large = new string('v', 60_000);
        await notes.PutAsync(new SyncDocument("x", new() { ["a"] = large, ["b"] = large, ["c"] = large, ["d"] = large }));

        var error = await Assert.ThrowsAsync<SyncException>(() => notes.PatchAsync("x", patch => patch.Set("e", large)));

        Assert.Equal("OS3004", error.Code);
        Assert.Equal(4, (await notes.FindAsync("x"))!.Fields.Count);
    }

    [Fact]
    public async Task An_undeclared_type_is_refused_where_the_schema_is_closed_and_taken_where_it_is_open()
    {
        await using (var closed = await _folder.OpenAsync("closed.db", TestModel.Schema))
        {
            var error = await Assert.ThrowsAsync<SyncException>(() => closed.Notes("unknown").PutAsync(new Note("x", "a")));
            Assert.Equal("OS3002", error.Code);
        }

        await using var open = await _folder.OpenAsync("open.db", SyncSchema.Open);
        await open.Notes("unknown").PutAsync(new Note("x", "a"));
        Assert.Equal(1, await open.Notes("unknown").CountAsync());
        // The model's number became a plain field, since nothing declares a counter.
        var kind = await Assert.ThrowsAsync<SyncException>(() => open.Notes("unknown").PatchAsync("x", patch => patch.Increment("minutes")));
        Assert.Equal("OS3003", kind.Code);
        Assert.Contains("SyncStoreOptions.Schema", kind.Message, StringComparison.Ordinal);
    }

    private static JsonNode Nested(int levels)
    {
        JsonNode node = 1;
        for (var i = 0; i < levels; i++) node = new JsonArray(node);
        return node;
    }

    private static JsonObject Fields(int count)
    {
        var fields = new JsonObject();
        for (var i = 0; i < count; i++) fields[$"f{i}"] = i;
        return fields;
    }
}
