using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

public sealed class TransactionTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_transaction_over_collections_is_one_on_the_wire_and_reads_its_own_writes()
    {
        await using var store = await _folder.OpenAsync();
        var (notes, plans) = (store.Notes(), store.Notes("plans"));
        await notes.PutAsync(new Note("n1", "a"));

        var receipt = await store.TransactionAsync(tx =>
        {
            tx.Put(plans, new Note("p1", "plan"));
            tx.Update(notes, "n1", note => note with { Done = true });
            Assert.True(tx.Find(notes, "n1")!.Done);
            tx.Patch(plans, "p1", patch => patch.Increment("minutes", 5));
            Assert.Equal(5, tx.Find(plans, "p1")!.Minutes);
            tx.Delete(notes, "n1");
            Assert.Null(tx.Find(notes, "n1"));
        });

        var log = (await store.LogAsync()).Skip(1).ToArray();
        Assert.Equal(receipt.Operations, log.Select(one => one.Id));
        // Of each entity one operation: the plan with its minutes, the note's delete.
        Assert.Equal([0, 1], log.Select(one => one.Transaction!.Index));
        Assert.All(log, one => Assert.Equal((log[0].Transaction!.Id, 2), (one.Transaction!.Id, one.Transaction.Count)));
        Assert.Equal([(OperationKind.Create, 4L), (OperationKind.Delete, 5L)], log.Select(one => (one.Kind, one.Counter)));
        Assert.Null(await notes.FindAsync("n1"));
        Assert.Equal(5, (await plans.FindAsync("p1"))!.Minutes);
    }

    [Fact]
    public async Task A_transaction_of_one_write_is_a_plain_operation()
    {
        await using var store = await _folder.OpenAsync();

        await store.TransactionAsync(tx => tx.Put(store.Notes(), new Note("n1", "a")));

        Assert.Null(Assert.Single(await store.LogAsync()).Transaction);
    }

    [Fact]
    public async Task An_exception_leaves_nothing_of_the_transaction_and_is_the_callers()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        await Assert.ThrowsAsync<InvalidDataException>(() => store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n2", "b"));
            tx.Delete(store.Notes(), "n1");
            throw new InvalidDataException("the app's own");
        }));

        Assert.NotNull(await store.Notes().FindAsync("n1"));
        Assert.Null(await store.Notes().FindAsync("n2"));
        Assert.Single(await store.LogAsync());
        await store.Notes().PutAsync(new Note("n3", "c"));
        Assert.Equal([1, 2], (await store.LogAsync()).Select(one => one.Counter));
    }

    [Fact]
    public async Task I11_A_transaction_past_its_number_of_operations_is_refused_and_leaves_nothing()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Notes();

        var error = await Assert.ThrowsAsync<SyncException>(() => store.TransactionAsync(tx =>
        {
            for (var i = 0; i <= Limits.Default.TransactionOperations; i++) tx.Put(notes, new Note($"n{i}", "a"));
        }));

        Assert.Equal("OS3005", error.Code);
        Assert.Equal(0, await notes.CountAsync());
        Assert.Empty(await store.LogAsync());
    }

    [Fact]
    public async Task I11_A_transaction_of_exactly_the_limit_is_taken()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Notes();

        var receipt = await store.TransactionAsync(tx =>
        {
            for (var i = 0; i < Limits.Default.TransactionOperations; i++) tx.Put(notes, new Note($"n{i}", "a"));
        });

        Assert.Equal(Limits.Default.TransactionOperations, receipt.Operations.Count);
        Assert.Equal(Limits.Default.TransactionOperations, await notes.CountAsync());
    }

    [Fact]
    public async Task I11_A_transaction_past_its_bytes_is_refused_and_leaves_nothing()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Notes();
        var large = new string('x', 60 * 1024);

        var error = await Assert.ThrowsAsync<SyncException>(() => store.TransactionAsync(tx =>
        {
            for (var i = 0; i < 60; i++) tx.Put(notes, new Note($"n{i}", large));
        }));

        Assert.Equal("OS3005", error.Code);
        Assert.Equal(0, await notes.CountAsync());
        Assert.Empty(await store.LogAsync());
    }

    [Fact]
    public async Task A_write_of_the_store_inside_a_transaction_is_refused_instead_of_waiting_for_itself()
    {
        await using var store = await _folder.OpenAsync();
        SyncException? inner = null;

        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n1", "a"));
            var write = store.Notes().PutAsync(new Note("n2", "b"));
            inner = (SyncException?)write.Exception?.InnerException;
        });

        Assert.Equal("OS3008", inner?.Code);
        Assert.Equal(1, await store.Notes().CountAsync());
    }

    [Fact]
    public async Task A_transaction_kept_beyond_its_delegate_is_refused()
    {
        await using var store = await _folder.OpenAsync();
        SyncTransaction? kept = null;
        await store.TransactionAsync(tx => kept = tx);

        Assert.Throws<InvalidOperationException>(() => kept!.Put(store.Notes(), new Note("n1", "a")));
    }
}
