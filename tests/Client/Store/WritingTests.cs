using System.Text.Json;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

public sealed class WritingTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R2_Put_creates_an_entity_and_logs_a_create_without_the_id_the_counter_and_the_set()
    {
        await using var store = await _folder.OpenAsync();

        var receipt = await store.Notes().PutAsync(new Note("n1", "Fix pump", Minutes: 7, Tags: ["a"]));

        Assert.Equal(new Note("n1", "Fix pump"), await store.Notes().FindAsync("n1"));
        var operation = Assert.Single(await store.LogAsync());
        Assert.Equal(receipt.Operations, [operation.Id]);
        Assert.Equal(OperationKind.Create, operation.Kind);
        Assert.Equal(new EntityKey("notes", "n1"), operation.Entity);
        Assert.Equal(store.DeviceId, operation.Device.Value);
        Assert.Equal((1, 0, 0, 1), (operation.Counter, operation.Base, operation.Seen, operation.Generation));
        Assert.Equal(
            [new SetField("title", JsonValue.FromText("\"Fix pump\"")), new SetField("done", JsonValue.FromText("false"))],
            operation.Changes.ToArray());
    }

    [Fact]
    public async Task Put_over_an_entity_replaces_its_plain_fields_and_leaves_counters_and_sets()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "Fix pump", Text: "old"));
        await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 15).Add("tags", "urgent"));

        await store.Notes().PutAsync(new Note("n1", "Fix the pump", Done: true));

        var note = await store.Notes().FindAsync("n1");
        Assert.Equal(("Fix the pump", true, 15L, null), (note!.Title, note.Done, note.Minutes, note.Text));
        Assert.Equal(["urgent"], note.Tags);
        var last = (await store.LogAsync())[^1];
        Assert.Equal(OperationKind.Update, last.Kind);
        Assert.Equal(["title", "done", "text"], last.Changes.Select(change => change.Field));
        Assert.IsType<RemoveField>(last.Changes[2]);
    }

    [Fact]
    public async Task Update_logs_only_the_fields_whose_json_differs()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "Fix pump", Text: "gone soon"));

        await store.Notes().UpdateAsync("n1", note => note with { Done = true, Text = null });

        Assert.Equal(
            [new SetField("done", JsonValue.FromText("true")), new RemoveField("text")], (await store.LogAsync())[^1].Changes.ToArray());
        Assert.Equal(new Note("n1", "Fix pump", Done: true), await store.Notes().FindAsync("n1"));
    }

    [Fact]
    public async Task Update_compares_serializations_and_not_the_bytes_another_writer_stored()
    {
        await using var store = await _folder.OpenAsync();
        // The same text in another writing: escaped, as some serializers do.
        await store.Notes().PutAsync(new Note("n1", ""));
        using var escaped = JsonDocument.Parse("\"caf\\u00e9\"");
        await store.Notes().PatchAsync("n1", patch => patch.Set("title", escaped.RootElement));

        var unchanged = await store.Notes().UpdateAsync("n1", note => note);
        await store.Notes().UpdateAsync("n1", note => note with { Done = true });

        Assert.Empty(unchanged.Operations);
        Assert.Equal(["done"], (await store.LogAsync())[^1].Changes.Select(change => change.Field));
    }

    [Fact]
    public async Task Update_of_a_mutable_document_sees_what_the_function_changed_in_place()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Collection("notes");
        await notes.PutAsync(new SyncDocument("n1", new() { ["title"] = "a", ["size"] = 1 }));

        await notes.UpdateAsync("n1", document =>
        {
            document.Fields["size"] = 2;
            return document;
        });

        Assert.Equal(["size"], (await store.LogAsync())[^1].Changes.Select(change => change.Field));
        Assert.Equal("""{"size":2,"title":"a"}""", (await notes.FindAsync("n1"))!.Fields.ToJsonString());
    }

    [Theory]
    [InlineData("minutes")]
    [InlineData("tags")]
    public async Task Update_of_a_counter_or_set_is_refused_with_its_remedy_and_changes_nothing(string field)
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "Fix pump"));

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Notes().UpdateAsync(
            "n1", note => field == "tags" ? note with { Tags = ["x"], Done = true } : note with { Minutes = 5, Done = true }));

        Assert.Equal("OS3003", error.Code);
        Assert.Contains("PatchAsync", error.Message, StringComparison.Ordinal);
        Assert.Equal(new Note("n1", "Fix pump"), await store.Notes().FindAsync("n1"));
        Assert.Single(await store.LogAsync());
    }

    [Fact]
    public async Task Update_cannot_change_the_id()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Notes().UpdateAsync("n1", note => note with { Id = "n2" }));

        Assert.Equal("OS3000", error.Code);
    }

    [Fact]
    public async Task Patch_carries_each_kind_of_change()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a", Text: "t"));

        await store.Notes().PatchAsync("n1", patch => patch
            .Set("title", "x").Set("title", "b").Set("size", 4).Set("weight", 1.5).Set("done", true)
            .Remove("text").Increment("minutes", 3).Increment("minutes", 4).Add("tags", "red").Add("tags", 7));

        var operation = (await store.LogAsync())[^1];
        Assert.Equal(["title", "size", "weight", "done", "text", "minutes", "tags", "tags"], operation.Changes.Select(change => change.Field));
        Assert.Equal("\"b\"", ((SetField)operation.Changes[0]).Value.ToString());
        Assert.Equal(7, ((IncrementField)operation.Changes[5]).Delta);
        Assert.Equal([0, 1], operation.Changes.OfType<AddElement>().Select(add => add.Index));
        var document = await store.Collection("notes").FindAsync("n1");
        Assert.Equal(
            """{"done":true,"minutes":7,"size":4,"tags":[7,"red"],"title":"b","weight":1.5}""", document!.Fields.ToJsonString());
    }

    [Fact]
    public async Task Adding_and_removing_elements_names_the_tags_that_this_device_sees()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PatchAsync("n1", patch => patch.Add("tags", "red"));
        await store.Notes().PatchAsync("n1", patch => patch.Add("tags", "red"));
        await store.Notes().PatchAsync("n1", patch => patch.RemoveElement("tags", "red"));
        var nothing = await store.Notes().PatchAsync("n1", patch => patch.RemoveElement("tags", "red"));

        var log = await store.LogAsync();
        var device = new DeviceId(store.DeviceId);
        Assert.Equal([new ElementTag(device, 2, 0)], ((AddElement)log[2].Changes[0]).Observed.ToArray());
        Assert.Equal([new ElementTag(device, 3, 0)], ((RemoveElement)log[3].Changes[0]).Observed.ToArray());
        Assert.Empty(nothing.Operations);
        Assert.Equal(4, log.Count);
    }

    [Fact]
    public async Task Patch_of_a_field_of_another_kind_is_refused_and_changes_nothing()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Notes().PatchAsync("n1", patch => patch.Set("minutes", 3)));

        Assert.Equal("OS3003", error.Code);
        Assert.Contains("'minutes' is a counter field", error.Message, StringComparison.Ordinal);
        Assert.Single(await store.LogAsync());
    }

    [Fact]
    public async Task The_id_is_no_field()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        await Assert.ThrowsAsync<ArgumentException>(() => store.Notes().PatchAsync("n1", patch => patch.Set("id", "n2")));
        var error = await Assert.ThrowsAsync<SyncException>(() => store.Collection("notes").PutAsync(new SyncDocument("n1", new() { ["id"] = "n2" })));
        Assert.Equal("OS3006", error.Code);
    }

    [Fact]
    public async Task Updates_of_what_is_not_there_say_so()
    {
        await using var store = await _folder.OpenAsync();

        var update = await Assert.ThrowsAsync<SyncException>(() => store.Notes().UpdateAsync("n1", note => note));
        var patch = await Assert.ThrowsAsync<SyncException>(() => store.Notes().PatchAsync("n1", p => p.Set("title", "x")));

        Assert.Equal(["OS3001", "OS3001"], [update.Code, patch.Code]);
        Assert.Empty(await store.LogAsync());
    }

    [Fact]
    public async Task Delete_hides_the_entity_and_a_new_put_opens_the_next_generation()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 9));

        await store.Notes().DeleteAsync("n1");
        Assert.Null(await store.Notes().FindAsync("n1"));
        Assert.Equal(0, await store.Notes().CountAsync());

        await store.Notes().PutAsync(new Note("n1", "again"));
        Assert.Equal(new Note("n1", "again"), await store.Notes().FindAsync("n1"));
        var log = await store.LogAsync();
        Assert.Equal([OperationKind.Create, OperationKind.Update, OperationKind.Delete, OperationKind.Create], log.Select(one => one.Kind));
        Assert.Equal([1, 1, 1, 2], log.Select(one => one.Generation));
    }

    [Fact]
    public async Task Delete_of_what_is_not_there_is_an_empty_receipt()
    {
        await using var store = await _folder.OpenAsync();

        var receipt = await store.Notes().DeleteAsync("n1");

        Assert.Empty(receipt.Operations);
        Assert.Equal(OutcomeKind.Applied, (await receipt.Outcome).Kind);
        Assert.Empty(await store.LogAsync());
    }

    [Fact]
    public async Task Last_writer_wins_operations_carry_the_whole_document()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes("pages").PutAsync(new Note("p1", "a", Text: "t"));
        await store.Notes("pages").PatchAsync("p1", patch => patch.Set("done", true).Remove("text").Increment("minutes", 2));

        var last = (await store.LogAsync())[^1];
        Assert.Equal(last.Counter, last.WholeDocumentCounter);
        Assert.Equal(["done", "minutes", "title"], last.Changes.Select(change => change.Field));
        Assert.Equal(new Note("p1", "a", Done: true, Minutes: 2), await store.Notes("pages").FindAsync("p1"));
    }

    [Fact]
    public async Task Manual_operations_carry_the_image_before_of_what_they_set_or_remove()
    {
        await using var store = await _folder.OpenAsync();
        var claims = store.Collection("claims");
        await claims.PutAsync(new SyncDocument("c1", new() { ["amount"] = 5, ["note"] = "n" }));
        await claims.PatchAsync("c1", patch => patch.Set("amount", 6).Remove("note").Set("fresh", true));

        var log = await store.LogAsync();
        Assert.Equal(
            [("amount", "5"), ("note", "\"n\""), ("fresh", null)], log[1].Before.Select(image => (image.Field, image.Value?.ToString())));
        Assert.Equal(["amount", "note"], log[0].Before.Select(image => image.Field));
    }

    [Fact]
    public async Task R3_Timestamps_grow_by_one_whatever_the_wall_clock_does_and_go_on_after_reopening()
    {
        var time = new SteerableTime { Now = DateTimeOffset.UnixEpoch.AddYears(60) };
        await using (var store = await _folder.OpenAsync(time: time))
        {
            await store.Notes().PutAsync(new Note("n1", "a"));
            time.Now = DateTimeOffset.UnixEpoch.AddYears(1);
            await store.Notes().PutAsync(new Note("n1", "b"));
        }

        await using var again = await _folder.OpenAsync(time: time);
        await again.Notes().PutAsync(new Note("n1", "c"));

        Assert.Equal([1, 2, 3], (await again.LogAsync()).Select(one => one.Counter));
        Assert.Equal("c", (await again.Notes().FindAsync("n1"))!.Title);
    }

    private sealed class SteerableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
