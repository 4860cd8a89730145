using CsCheck;
using OrleansSync.Client.Queries;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Queries;

public sealed class QueryTests : IDisposable
{
    private static readonly LocalIndex[] Indexes =
        [new("notes", "done", "minutes"), new("notes", "title"), new("plans", "title"), new("notes", "text", "title", "done")];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R11_An_index_gives_the_rows_of_its_values_in_its_order()
    {
        await using var store = await OpenAsync();
        await FillAsync(store);
        var notes = store.Notes();

        Assert.Equal(["n5", "n3", "n1"], await IdsAsync(notes.Query().Where("done", true)));
        Assert.Equal(["n0", "n6"], await IdsAsync(notes.Query().Where("done", false).WhereAtLeast("minutes", 5)));
        Assert.Equal(["n6", "n0", "n4", "n2"], await IdsAsync(notes.Query().Where("done", false).OrderByDescending("minutes")));
        Assert.Equal(["n3", "n1"], await IdsAsync(notes.Query().Where("done", true).WhereAbove("minutes", 2)));
        Assert.Equal(["n5"], await IdsAsync(notes.Query().Where("done", true).WhereAtMost("minutes", 2)));
        Assert.Equal(["n5", "n3"], await IdsAsync(notes.Query().Where("done", true).Take(2)));
        Assert.Equal(["n1", "n3"], await IdsAsync(notes.Query().Where("done", true).OrderByDescending("minutes").Take(2)));
        Assert.Equal(["n2"], await IdsAsync(notes.Query().Where("title", "note 2")));
        Assert.Equal(["n5", "n6"], await IdsAsync(notes.Query().WhereAtLeast("title", "note 5").WhereBelow("title", "note 7")));
        Assert.Equal(3, await notes.Query().Where("done", true).CountAsync());
        Assert.Equal(2, await notes.Query().Where("done", true).Take(2).CountAsync());
        Assert.Equal(1, await notes.Query().Where("done", true).Filter(static note => note.Minutes == 3).CountAsync());
        Assert.Equal("n1", (await notes.Query().Where("done", true).OrderByDescending("minutes").FirstAsync())!.Id);
        Assert.Null(await notes.Query().Where("title", "absent").FirstAsync());
    }

    [Fact]
    public async Task R11_Without_conditions_rows_come_by_their_ids_both_ways()
    {
        await using var store = await OpenAsync();
        await FillAsync(store);

        Assert.Equal(["n0", "n1", "n2", "n3", "n4", "n5", "n6"], await IdsAsync(store.Notes().Query()));
        Assert.Equal(["n0", "n2"], await IdsAsync(store.Notes().Query().Filter(static note => !note.Done).Take(2)));
        Assert.Equal(7, await store.Notes().Query().CountAsync());
    }

    [Fact]
    public async Task R11_What_no_index_serves_is_refused_and_names_the_index_that_would()
    {
        await using var store = await OpenAsync();
        var query = store.Notes().Query();

        var error = await Assert.ThrowsAsync<SyncException>(() => query.Where("minutes", 3).Where("done", true).OrderBy("title").ToListAsync());
        Assert.Equal("OS3011", error.Code);
        Assert.Contains("new LocalIndex(\"notes\", \"minutes\", \"done\", \"title\")", error.Message, StringComparison.Ordinal);
        foreach (var refused in new[]
        {
            query.Where("minutes", 3), query.OrderBy("done").Where("title", "a"), query.WhereAtLeast("title", "a").WhereAtMost("done", 1),
            query.WhereAtLeast("title", "a").OrderBy("done"), query.Where("done", true).OrderBy("text"),
        })
        {
            Assert.Equal("OS3011", (await Assert.ThrowsAsync<SyncException>(() => refused.ToListAsync())).Code);
            Assert.Equal("OS3011", (await Assert.ThrowsAsync<SyncException>(() => refused.CountAsync())).Code);
            Assert.Equal("OS3011", Assert.Throws<SyncException>(() => refused.LiveAsync()).Code);
        }

        // An index of another type is none.
        Assert.Equal("OS3011", (await Assert.ThrowsAsync<SyncException>(() => store.Notes("plans").Query().Where("done", true).ToListAsync())).Code);
        Assert.Equal("OS3000", Assert.Throws<SyncException>(() => query.Where("it's", 1)).Code);
    }

    [Fact]
    public async Task R11_A_query_reads_the_rows_of_its_result_and_no_others()
    {
        await using var store = await OpenAsync();
        await FillAsync(store);
        await store.Database.ReadAsync(
            connection =>
            {
                foreach (var shape in Shapes())
                {
                    var plan = shape.PlanFor(Indexes);
                    foreach (var sql in new[] { plan.Rows, plan.Count, plan.Row })
                    {
                        var steps = connection.Query($"EXPLAIN QUERY PLAN {sql}", static reader => reader.Text(3));
                        Assert.All(steps, step => Assert.True(
                            step.StartsWith("SEARCH", StringComparison.Ordinal) || (step.StartsWith("SCAN", StringComparison.Ordinal) && step.Contains("query:", StringComparison.Ordinal)),
                            $"{sql}: {step}"));
                    }
                }

                return true;
            },
            CancellationToken.None);
    }

    [Fact]
    public async Task R11_Numbers_texts_and_missing_fields_are_kept_apart()
    {
        await using var store = await _folder.OpenAsync(schema: SyncSchema.Open, indexes: [new LocalIndex("things", "v")]);
        var things = store.Collection("things");
        foreach (var (id, json) in new[] { ("a", "null"), ("b", "-1"), ("c", "2.5"), ("d", "true"), ("e", "\"\""), ("f", "\"x\""), ("g", "10") })
            await things.PutAsync(new SyncDocument(id, new() { ["v"] = System.Text.Json.Nodes.JsonNode.Parse(json) }));
        await things.PutAsync(new SyncDocument("h", []));

        Assert.Equal(["a", "h", "b", "d", "c", "g", "e", "f"], await IdsAsync(things.Query().OrderBy("v")));
        Assert.Equal(["a", "h"], await IdsAsync(things.Query().Where("v", null)));
        Assert.Equal(["d", "c", "g"], await IdsAsync(things.Query().WhereAtLeast("v", 1)));
        Assert.Equal(["c", "g"], await IdsAsync(things.Query().WhereAbove("v", 2.25)));
        Assert.Equal(["b", "d"], await IdsAsync(things.Query().WhereBelow("v", 2.5)));
        Assert.Equal(["e", "f"], await IdsAsync(things.Query().WhereAtMost("v", "x")));
        Assert.Equal(["f"], await IdsAsync(things.Query().WhereAbove("v", "")));
        Assert.Equal(["c"], await IdsAsync(things.Query().Where("v", 2.5)));
        Assert.Equal(["d"], await IdsAsync(things.Query().Where("v", true)));
    }

    [Fact]
    public async Task R11_Times_are_compared_as_they_are_stored()
    {
        await using var store = await _folder.OpenAsync(schema: SyncSchema.Open, indexes: [new LocalIndex("things", "at")]);
        var (things, start) = (store.Collection("things"), new DateTimeOffset(2026, 5, 1, 8, 0, 0, TimeSpan.Zero));
        for (var i = 0; i < 4; i++)
        {
            await things.PutAsync(new SyncDocument($"t{i}", []));
            var at = start.AddMilliseconds(i * 500);
            await things.PatchAsync($"t{i}", patch => patch.Set("at", at));
        }

        Assert.Equal(["t1", "t2"], await IdsAsync(things.Query().WhereAtLeast("at", start.AddMilliseconds(500)).WhereBelow("at", start.AddMilliseconds(1_500))));
    }

    [Fact]
    public async Task R11_Indexes_follow_their_declaration_and_outlive_a_large_first_sync()
    {
        var server = new ModelServer(TestModel.Schema);
        await using (var store = await OpenAsync())
        {
            await FillAsync(store);
            Assert.Equal(Indexes.Length, CountIndexes(store));
        }

        await using (var store = await _folder.OpenAsync(indexes: [Indexes[1], new LocalIndex("notes", "minutes")]))
        {
            Assert.Equal(2, CountIndexes(store));
            Assert.Equal(["n2"], await IdsAsync(store.Notes().Query().Where("minutes", 2)));
            Assert.Equal("OS3011", (await Assert.ThrowsAsync<SyncException>(() => store.Notes().Query().Where("done", true).ToListAsync())).Code);
        }

        await using var fresh = await _folder.OpenAsync("fresh.db", indexes: Indexes);
        await using (var other = await _folder.OpenAsync("other.db"))
        {
            for (var i = 0; i < 20; i++) await other.Notes().PutAsync(new Note($"n{i:00}", $"t{i % 2}"));
            var batch = await other.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);
            server.Push(batch!.Operations);
        }

        while (!await PullAsync(fresh, server, rows: 5))
        {
        }

        Assert.Equal(Indexes.Length, CountIndexes(fresh));
        Assert.Equal(10, await fresh.Notes().Query().Where("title", "t1").CountAsync());
    }

    [Fact]
    public async Task Faults_of_indexes_are_told_at_opening()
    {
        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync(indexes:
            [new LocalIndex("no-name", "a"), new LocalIndex("notes"), new LocalIndex("notes", "a b"), new LocalIndex("notes", "a", "a")]));

        Assert.Equal("OS2000", error.Code);
        foreach (var part in new[] { "'no-name' is no name of a type", "give 1 to 8 fields", "'a b' is no name of a field", "name each field once" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever is written, an index gives what a look at all rows gives.</summary>
    [Fact]
    public Task R11_An_index_answers_as_a_look_at_every_row_does() => Gen.Select(
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3], Gen.Int[-2, 4], Gen.Bool).Array[1, 30], Gen.Int[-2, 4], Gen.Bool, Gen.Bool).SampleAsync(
        async (writes, bound, done, descending) =>
        {
            using var folder = new TestFolder();
            await using var store = await folder.OpenAsync(indexes: Indexes);
            foreach (var (id, kind, minutes, flag) in writes)
            {
                if (kind == 0) await store.Notes().DeleteAsync($"n{id}");
                else if (kind == 1 && await store.Notes().FindAsync($"n{id}") is not null) await store.Notes().PatchAsync($"n{id}", patch => patch.Increment("minutes", minutes));
                else await store.Notes().PutAsync(new Note($"n{id}", $"t{kind}", Done: flag));
            }

            var query = store.Notes().Query().Where("done", done).WhereAtLeast("minutes", bound);
            var indexed = await IdsAsync(descending ? query.OrderByDescending("minutes") : query);
            // A counter that nobody has counted is missing, and not zero.
            var scanned = (await store.Collection("notes").Query().ToListAsync())
                .Where(note => note.Fields["done"]!.GetValue<bool>() == done && note.Fields["minutes"]?.GetValue<long>() >= bound)
                .OrderBy(note => note.Fields["minutes"]!.GetValue<long>()).ThenBy(note => note.Id, StringComparer.Ordinal).Select(note => note.Id);
            Assert.Equal(descending ? scanned.Reverse() : scanned, indexed);
        },
        iter: 60);

    private static IEnumerable<QueryShape> Shapes()
    {
        FieldCondition done = new("done", Comparison.Equal, 1L), title = new("title", Comparison.Equal, "a"), text = new("text", Comparison.Equal, "a");
        FieldCondition some = new("minutes", Comparison.AtLeast, 2L), missing = new("text", Comparison.Equal, (string?)null);
        foreach (var descending in new[] { false, true })
        {
            yield return new QueryShape("notes", [done], null, descending);
            yield return new QueryShape("notes", [done], "minutes", descending);
            yield return new QueryShape("notes", [done, some], "minutes", descending);
            yield return new QueryShape("notes", [title], null, descending);
            yield return new QueryShape("notes", [], "title", descending);
            yield return new QueryShape("notes", [title, text], "done", descending);
            yield return new QueryShape("notes", [missing], "title", descending);
            yield return new QueryShape("notes", [], null, descending);
        }
    }

    private static async Task FillAsync(SyncStore store)
    {
        for (var i = 0; i < 7; i++)
        {
            await store.Notes().PutAsync(new Note($"n{i}", $"note {i}", Done: i % 2 == 1));
            var minutes = i is 0 or 6 ? 5 : i is 5 ? 1 : i is 1 ? 4 : i;
            await store.Notes().PatchAsync($"n{i}", patch => patch.Increment("minutes", minutes));
        }

        await store.Notes().PutAsync(new Note("gone", "note 2", Done: true));
        await store.Notes().DeleteAsync("gone");
        await store.Notes("plans").PutAsync(new Note("p1", "note 2", Done: true));
    }

    private static async Task<bool> PullAsync(SyncStore store, ModelServer server, int rows)
    {
        var page = server.Pull(store.Log.State, rows);
        await store.Log.ApplyPageAsync(page, default);
        return page.Complete;
    }

    private static long CountIndexes(SyncStore store) => store.Database.Read(static connection => IndexTable.All(connection).Count);

    private static async Task<IEnumerable<string>> IdsAsync(EntityQuery<Note> query) => (await query.ToListAsync()).Select(static note => note.Id);

    private static async Task<IEnumerable<string>> IdsAsync(EntityQuery<SyncDocument> query) => (await query.ToListAsync()).Select(static one => one.Id);

    private Task<SyncStore> OpenAsync() => _folder.OpenAsync(indexes: Indexes);
}
