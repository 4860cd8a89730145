using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Bench.Load.Data;

/// <summary>
/// Fills a scope with notes through the store, as rounds of a device would have: rows, journal, digests. A hundred thousand rows
/// take seconds; pushing them would measure nothing more.
/// </summary>
internal sealed class Seeder(ISyncStore store, string user, int owner)
{
    // A round of the default size.
    private const int RoundRows = 512;

    private static readonly MergeContext Open = new(EntitySchema.Undeclared(Note.Type), 0, 0, Limits.Default);

    private readonly ScopeId _scope = ScopeId.ForUser(user);
    private readonly DeviceId _device = new(Guid.CreateVersion7());

    // Where each round began, and its sequence. A scope that grows has rounds of others in between.
    private readonly List<int> _firsts = [];
    private readonly List<long> _sequences = [];

    /// <summary>Where it fills. A scope that grows is filled through one store after the other: none is open while the product runs.</summary>
    public ISyncStore Store { get; set; } = store;

    public string User => user;

    public int Owner => owner;

    /// <summary>The digest of all that was seeded.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>Adds notes number <paramref name="from"/> up to <paramref name="to"/>, exclusive, to what the scope has.</summary>
    public async Task FillAsync(int from, int to, CancellationToken cancellationToken)
    {
        await Store.RegisterDeviceAsync(_scope, _device, new([], []), registeredAt: 1, cancellationToken);
        var claim = await Store.ClaimAsync(_scope, cancellationToken);
        var (head, clock) = (claim.State.Head, claim.State.Clock);
        var digest = claim.Digests.FirstOrDefault(static one => one.Type == Note.Type);
        var (sum, live) = (digest.Digest, digest.Rows);
        for (var first = from; first < to; first += RoundRows)
        {
            var count = Math.Min(RoundRows, to - first);
            var operations = Enumerable.Range(first, count).Select(index => OperationOf(index, ++clock)).ToArray();
            var rows = Array.ConvertAll(operations, operation => RowOf(operation, head + 1));
            foreach (var row in rows) sum = unchecked(sum + Core.Digest.OfRow(row));
            live += count;
            var result = await Store.CommitAsync(
                new ScopeCommit
                {
                    Scope = _scope,
                    Epoch = claim.State.Epoch,
                    Head = head,
                    CommitId = Guid.NewGuid(),
                    Clock = clock,
                    Rows = [.. rows.Select(static row => new RowChange(row, 0))],
                    Operations = [.. operations.Select(operation => JournalOf(operation, head + 1))],
                    Counters = [new DeviceCounter(_device, clock)],
                    Digests = [new TypeDigest(Note.Type, sum, live)],
                },
                cancellationToken);
            if (result != CommitResult.Committed) throw new BenchException($"Filling {user} was refused.");
            head++;
            _firsts.Add(first);
            _sequences.Add(head);
        }

        Digest = sum;
    }

    /// <summary>The sequence of a seeded row, for as long as nobody else has written to it.</summary>
    public long SequenceOf(int index)
    {
        var found = _firsts.BinarySearch(index);
        return _sequences[found >= 0 ? found : ~found - 1];
    }

    /// <summary>Number and owner make the id, in the form of a UUID of version 7: later ones sort later.</summary>
    public static string IdOf(int owner, int index) => $"01900000-{index >> 16:x4}-7{owner & 0xfff:x3}-8{owner >> 12 & 0xfff:x3}-{index:x12}";

    /// <summary>The row of a note that one commit created.</summary>
    public static EntityRow RowOf(Operation create, long sequence) => Merge.Apply(null, create, Open with { Sequence = sequence }).Row!;

    public Operation OperationOf(int index, long counter)
    {
        var id = IdOf(owner, index);
        return new Operation
        {
            Id = new OperationId(Guid.CreateVersion7()),
            Device = _device,
            Entity = new EntityKey(Note.Type, id),
            Kind = OperationKind.Create,
            Counter = counter,
            Changes = [.. Note.Fields(Note.Of(id, owner, index, 0), changedOnly: false)
                .Select(static field => new SetField(field.Field, new JsonValue(field.Json)))],
        };
    }

    private JournalEntry JournalOf(Operation operation, long sequence) => new(
        operation.Id, _device, operation.Counter, operation.Entity, operation.Kind, OutcomeKind.Applied, RejectionReason.None, sequence,
        OperationEncoding.ContentHash(operation));
}
