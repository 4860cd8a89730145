using System.Text.Json.Nodes;
using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>
/// Transactions over several entities: what leaves one account arrives at the others, so that all balances together are
/// zero wherever transactions are whole.
/// </summary>
internal sealed class Transfers : WorkloadKind
{
    private const string Balance = "balance";
    private const string Last = "last";
    private const int Entities = 6;
    private const int Most = 4;

    public override string Name => "transactions";

    public override EntitySchema Schema { get; } = new EntitySchema("accounts").Counter(Balance);

    public override Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var accounts = store.Collection(Schema.Type);
        var chosen = Enumerable.Range(0, Entities).OrderBy(_ => draft.Random.Next()).Take(draft.Random.Next(2, Most + 1)).ToArray();
        var amount = draft.Random.Next(1, 100);
        return store.TransactionAsync(
            transaction =>
            {
                for (var i = 0; i < chosen.Length; i++)
                {
                    var delta = i == 0 ? -amount * (chosen.Length - 1) : amount;
                    Change(transaction, accounts, $"account-{chosen[i]}", delta, draft);
                }
            },
            cancellationToken);
    }

    public override string? Breaks(IEnumerable<JsonObject> live)
    {
        var sum = live.Sum(static account => account[Balance]?.GetValue<long>() ?? 0);
        return sum == 0 ? null : $"all balances together are {sum}, not 0";
    }

    private void Change(SyncTransaction transaction, SyncCollection<SyncDocument> accounts, string id, long delta, WriteDraft draft)
    {
        if (transaction.Find(accounts, id) is null)
        {
            draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Create) { Set = Registers.Json(Last, draft.Mark) });
            transaction.Put(accounts, new SyncDocument(id, new JsonObject { [Last] = draft.Mark }));
        }

        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update)
        {
            Set = Registers.Json(Last, draft.Mark),
            Increment = new Dictionary<string, long> { [Balance] = delta },
        });
        transaction.Patch(accounts, id, patch => patch.Set(Last, draft.Mark).Increment(Balance, delta));
    }
}
