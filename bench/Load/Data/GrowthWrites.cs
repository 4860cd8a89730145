using OrleansSync.Bench.Load.Devices;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Data;

/// <summary>
/// What one device writes into a scope that has entities already: 70 % creates, 30 % updates of seeded ones, for as long as it
/// has some. No entity is written twice, so the base of each update is known before the first one is sent.
/// </summary>
internal sealed class GrowthWrites
{
    private const double Creates = 0.7;

    private readonly Seeder _seeder;
    private readonly NoteWrite[][] _batches;

    /// <param name="seeder">Of the scope.</param>
    /// <param name="seeded">Indices of seeded entities that are this device's alone and as they were seeded.</param>
    /// <param name="count">How many operations.</param>
    /// <param name="batch">How many of them at a time.</param>
    /// <param name="random">Which ones.</param>
    public GrowthWrites(Seeder seeder, IEnumerable<int> seeded, int count, int batch, Random random)
    {
        _seeder = seeder;
        var left = seeded.ToArray();
        random.Shuffle(left);
        var taken = 0;
        var writes = new NoteWrite[count];
        for (var i = 0; i < count; i++)
        {
            writes[i] = taken < left.Length && random.NextDouble() >= Creates
                ? new NoteWrite(Seeder.IdOf(seeder.Owner, left[taken]), left[taken++], Version: 1)
                : new NoteWrite(Guid.CreateVersion7().ToString(), i, Version: 0);
        }

        _batches = [.. writes.Chunk(batch)];
    }

    public int Count => _batches.Sum(static batch => batch.Length);

    /// <summary>What the written entities must be in the end. Updates leave the fields that they do not set, which are the same in each version.</summary>
    public IEnumerable<Note> Expected() => _batches.SelectMany(static batch => batch).Select(NoteOf);

    public IEnumerable<OperationBatch> BatchesOf(WireDevice device) => _batches.Select(batch =>
    {
        var wire = new OperationBatch();
        foreach (var write in batch)
        {
            var operation = device.OperationOf(write, NoteOf(write));
            if (!write.IsCreate) operation.Base = Seeder.SequenceOf(write.Index);
            wire.Operations.Add(operation);
        }

        return wire;
    });

    private Note NoteOf(NoteWrite write) => Note.Of(write.Id, _seeder.Owner, write.Index, write.Version);
}
