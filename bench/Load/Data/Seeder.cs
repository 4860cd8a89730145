using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Bench.Load.Data;

/// <summary>
/// Fills a scope with notes through the store, as rounds of a device would have: rows, journal, digests. A hundred thousand rows
/// take seconds; pushing them would measure nothing more.
/// </summary>
internal sealed class Seeder(string user, int owner)
{
    // A round of the default size.
    private const int RoundRows = 512;

    private static readonly MergeContext Open = new(EntitySchema.Undeclared(Note.Type), 0, 0, Limits.Default);

    private readonly ScopeId _scope = ScopeId.ForUser(user);
    private readonly DeviceId _device = new(Guid.CreateVersion7());

    public string User => user;

    public int Owner => owner;

    /// <summary>The digest of all that was seeded.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>Makes the scope, with so many notes.</summary>
    public async Task FillAsync(ISyncStore store, int rows, CancellationToken cancellationToken)
    {
        await store.RegisterDeviceAsync(_scope, _device, new([], []), registeredAt: 1, cancellationToken);
        var claim = await store.ClaimAsync(_scope, cancellationToken);
        var (head, clock, sum) = (claim.State.Head, claim.State.Clock, UInt128.Zero);
        if (head > 0) throw new BenchException($"{user} has something already.");
        for (var first = 0; first < rows; first += RoundRows)
        {
            var count = Math.Min(RoundRows, rows - first);
            var operations = Enumerable.Range(first, count).Select(index => OperationOf(index, ++clock)).ToArray();
            var written = Array.ConvertAll(operations, operation => RowOf(operation, head + 1));
            foreach (var row in written) sum = unchecked(sum + Core.Digest.OfRow(row));
            var result = await store.CommitAsync(
                new ScopeCommit
                {
                    Scope = _scope,
                    Epoch = claim.State.Epoch,
                    Head = head,
                    CommitId = Guid.NewGuid(),
                    Clock = clock,
                    Rows = [.. written.Select(static row => new RowChange(row, 0))],
                    Operations = [.. operations.Select(operation => JournalOf(operation, head + 1))],
                    Counters = [new DeviceCounter(_device, clock)],
                    Digests = [new TypeDigest(Note.Type, sum, first + count)],
                },
                cancellationToken);
            if (result != CommitResult.Committed) throw new BenchException($"Filling {user} was refused.");
            head++;
        }

        Digest = sum;
    }

    /// <summary>The sequence of a seeded row, for as long as nobody else has written to it.</summary>
    public static long SequenceOf(int index) => (index / RoundRows) + 1;

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
