using System.Text;
using System.Text.Json;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class DeadLetterTests : IDisposable
{
    private static readonly OperationFailure Malformed = new("INVALID_ARGUMENT", "title is too long", Permanent: true);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R9_A_dead_letter_is_edited_and_retried_as_a_new_operation()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "far too long", Text: "kept"));
        var letter = await FailAsync(store);

        var receipt = await letter.EditAndRetryAsync(patch => patch.Set("title", "short").Without("done").Increment("minutes", 3));

        Assert.NotEqual(letter.Operation, Assert.Single(receipt.Operations));
        Assert.Equal(new Note("n1", "short", Text: "kept", Minutes: 3), await store.Notes().FindAsync("n1"));
        Assert.DoesNotContain(Assert.Single(await store.LogAsync()).Changes, change => change.Field == "done");
        Assert.Equal("OS3009", (await Assert.ThrowsAsync<SyncException>(() => letter.EditAndRetryAsync(static patch => patch.Set("title", "again")))).Code);
    }

    [Fact]
    public async Task R9_An_edit_that_the_rules_refuse_leaves_the_letter_where_it_is()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var letter = await FailAsync(store);

        var error = await Assert.ThrowsAsync<SyncException>(() => letter.EditAndRetryAsync(static patch => patch.Increment("title")));

        Assert.Equal("OS3003", error.Code);
        Assert.Equal(letter.Operation, (await FirstAsync(store)).Operation);
    }

    [Fact]
    public async Task R9_A_letter_of_a_transaction_is_edited_and_its_companions_go_with_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n1", "a"));
            tx.Put(store.Notes(), new Note("n2", "b"));
        });
        var letter = await FailAsync(store);

        var receipt = await letter.EditAndRetryAsync(static patch => patch.Set("title", "c"));

        Assert.Equal(2, receipt.Operations.Count);
        Assert.Equal(("c", "b"), ((await store.Notes().FindAsync("n1"))!.Title, (await store.Notes().FindAsync("n2"))!.Title));
    }

    [Fact]
    public async Task R9_A_delete_has_nothing_to_edit()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var server = new ModelServer(TestModel.Schema);
        await store.Log.AcknowledgeAsync(server.Push((await TakeAsync(store)).Operations), server.Clock, default);
        await store.Log.ApplyPageAsync(server.Pull(store.Log.State, 10), default);
        await store.Notes().DeleteAsync("n1");
        var letter = await FailAsync(store);

        Assert.Equal("OS3010", (await Assert.ThrowsAsync<SyncException>(() => letter.EditAndRetryAsync(static patch => patch.Set("title", "b")))).Code);
        await letter.RetryAsync();
        Assert.Null(await store.Notes().FindAsync("n1"));
    }

    [Fact]
    public async Task R9_Dead_letters_are_exported_as_lines_of_json()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "ä \"quoted\""));
        await store.Notes().PatchAsync("n1", patch => patch.Remove("text").Increment("minutes", -2).Add("tags", "x").Add("tags", 7));
        await store.Notes().PutAsync(new Note("n2", "waits"));
        await FailAsync(store);
        using var stream = new MemoryStream();

        Assert.Equal(1, await store.DeadLetters.ExportAsync(stream));

        var line = JsonDocument.Parse(Assert.Single(LinesOf(stream))).RootElement;
        Assert.Equal(
            ("n1", "create", "dead_letter", "INVALID_ARGUMENT", "title is too long", 1),
            (Text(line, "id"), Text(line, "kind"), Text(line, "status"), Text(line, "code"), Text(line, "message"), line.GetProperty("failures").GetInt32()));
        Assert.Equal("ä \"quoted\"", line.GetProperty("changes").EnumerateArray().Single(change => Text(change, "field") == "title").GetProperty("set").GetString());
        Assert.Equal((await store.LogAsync())[0].Id.Value, line.GetProperty("operation").GetGuid());
        Assert.Equal(1, store.Status.DeadLetters);
    }

    [Fact]
    public async Task R4_What_a_file_holds_can_be_exported_without_opening_a_store()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.TransactionAsync(tx =>
            {
                for (var i = 0; i < 250; i++) tx.Put(store.Notes(), new Note($"n{i}", "a"));
            });
            await store.Notes().PatchAsync("n0", patch => patch.Remove("text").Increment("minutes", -2).Add("tags", "x").Add("tags", 7));
            await store.Notes().PatchAsync("n0", patch => patch.RemoveElement("tags", "x"));
            Assert.Equal("OS2004", (await Assert.ThrowsAsync<SyncException>(() => SyncStore.ExportLogAsync(_folder.PathOf("app.db"), Stream.Null))).Code);
        }

        var before = await File.ReadAllBytesAsync(_folder.PathOf("app.db"));
        using var stream = new MemoryStream();
        Assert.Equal(252, await SyncStore.ExportLogAsync(_folder.PathOf("app.db"), stream));

        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.PathOf("app.db")));
        var lines = LinesOf(stream).Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, 252), lines.Select(line => line.GetProperty("counter").GetInt32()));
        Assert.Equal((249, 250), (lines[249].GetProperty("transaction").GetProperty("index").GetInt32(), lines[249].GetProperty("transaction").GetProperty("count").GetInt32()));
        Assert.Equal(
            """[{"field":"text","remove":true},{"field":"minutes","increment":-2},{"field":"tags","add":"x"},{"field":"tags","add":7}]""",
            lines[250].GetProperty("changes").GetRawText());
        Assert.Equal("""[{"field":"tags","remove_element":"x"}]""", lines[251].GetProperty("changes").GetRawText());
    }

    [Fact]
    public async Task R4_A_file_that_is_none_of_ours_is_not_exported()
    {
        await File.WriteAllTextAsync(_folder.PathOf("notes.txt"), new string('x', 5_000));

        Assert.Equal("OS2002", (await Assert.ThrowsAsync<SyncException>(() => SyncStore.ExportLogAsync(_folder.PathOf("notes.txt"), Stream.Null))).Code);
        Assert.Equal("OS2001", (await Assert.ThrowsAsync<SyncException>(() => SyncStore.ExportLogAsync(_folder.PathOf("absent.db"), Stream.Null))).Code);
        Assert.False(File.Exists(_folder.PathOf("absent.db")));
    }

    private static async Task<DeadLetter> FailAsync(SyncStore store)
    {
        await store.Log.RecordFailureAsync([(await TakeAsync(store)).Operations[0].Id], Malformed, default);
        await store.Log.ReturnToPendingAsync([], default);
        return await FirstAsync(store);
    }

    private static async Task<DeadLetter> FirstAsync(SyncStore store)
    {
        await foreach (var letter in store.DeadLetters.ListAsync()) return letter;
        throw new InvalidOperationException("There is no dead letter.");
    }

    private static async Task<OperationBatch> TakeAsync(SyncStore store) =>
        (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default))!;

    private static string[] LinesOf(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
