namespace OrleansSync.Client.Tests.Store;

public sealed class ReadingTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_query_reads_all_live_entities_in_the_order_of_their_ids_page_by_page()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Notes();
        await store.TransactionAsync(tx =>
        {
            for (var i = 0; i < 450; i++) tx.Put(notes, new Note($"n{i:000}", i % 2 == 0 ? "even" : "odd"));
            tx.Put(store.Notes("plans"), new Note("p1", "even"));
        });
        await notes.DeleteAsync("n002");

        var all = await ToListAsync(notes.ScanAsync());
        var even = await ToListAsync(notes.ScanAsync(note => note.Title == "even"));

        Assert.Equal(Enumerable.Range(0, 450).Where(i => i != 2).Select(i => $"n{i:000}"), all.Select(note => note.Id));
        Assert.Equal(224, even.Count);
        Assert.Equal(449, await notes.CountAsync());
    }

    [Fact]
    public async Task Ids_keep_every_character_and_are_compared_by_their_bytes()
    {
        await using var store = await _folder.OpenAsync();
        string[] ids = ["a", "A", "a\"b\\c", "é", "src/dir/ü.cs", "\uFFFD", "\U0001F600"];
        foreach (var id in ids) await store.Notes().PutAsync(new Note(id, $"title of {id}"));

        var read = await ToListAsync(store.Notes().ScanAsync());

        Assert.Equal(ids.OrderBy(id => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(id)), StringComparer.Ordinal), read.Select(note => note.Id));
        Assert.All(read, note => Assert.Equal($"title of {note.Id}", note.Title));
    }

    [Fact]
    public async Task A_document_that_does_not_fit_the_model_is_told_with_its_id()
    {
        await using var store = await _folder.OpenAsync();
        await store.Collection("notes").PutAsync(new SyncDocument("n1", new() { ["title"] = "a", ["done"] = "not a boolean" }));

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Notes().FindAsync("n1"));

        Assert.Equal("OS3007", error.Code);
        Assert.Contains("notes/n1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_without_an_id_is_refused_when_its_collection_is_made()
    {
        await using var store = await _folder.OpenAsync();

        var error = Assert.Throws<SyncException>(() => store.Collection("notes", TestJson.Default.String));

        Assert.Equal("OS3006", error.Code);
    }

    [Fact]
    public async Task What_changed_is_told_after_each_commit()
    {
        await using var store = await _folder.OpenAsync();
        var changed = new List<string>();
        store.Database.Changed += keys => changed.AddRange(keys!.Select(key => key.ToString()));

        await store.Notes().PutAsync(new Note("n1", "a"));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n2", "a"));
            throw new InvalidDataException();
        }));
        await store.Notes().DeleteAsync("n1");

        Assert.Equal(["notes/n1", "notes/n1"], changed);
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }
}
