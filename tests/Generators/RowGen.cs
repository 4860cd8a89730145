using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Core;

namespace OrleansSync.Generators;

/// <summary>Rows in the form that the merge leaves them in. They fit no history: for encodings, stores and the wire.</summary>
public static class RowGen
{
    public static readonly Gen<Stamp> Stamp =
        Gen.Select(OperationGen.Counter, OperationGen.Device, static (counter, device) => new Stamp(counter, device));

    public static readonly Gen<Stamp> StampOrNone = Gen.Frequency((1, Gen.Const(default(Stamp))), (3, Stamp));

    public static readonly Gen<DevicePair> Pair = Gen.Select(
        OperationGen.Device,
        OperationGen.Counter,
        OperationGen.Device,
        OperationGen.Counter,
        Gen.Int[0, 2],
        static (first, firstSequence, second, secondSequence, entries) => entries switch
        {
            0 => default,
            1 => new DevicePair(first, firstSequence, default, 0),
            _ => new DevicePair(first, firstSequence, second, secondSequence),
        });

    public static readonly Gen<Int128> CounterValue = Gen.OneOf(
        Gen.Long.Select(static value => (Int128)value),
        Gen.Select(Gen.Long, Gen.Int[1, 64], static (value, shift) => (Int128)value << shift),
        Gen.OneOf(Int128.MaxValue, Int128.MinValue, Int128.Zero));

    public static readonly Gen<ImmutableArray<SetEntry>> SetEntries =
        Gen.Select(OperationGen.Element, OperationGen.Tag.Array[1, 3]).Array[0, 4].Select(static entries =>
            entries
                .DistinctBy(static entry => entry.Item1)
                .OrderBy(static entry => entry.Item1)
                .Select(static entry => new SetEntry(entry.Item1, [.. entry.Item2.Distinct().Order()]))
                .ToImmutableArray());

    /// <summary>A field of any kind with this name.</summary>
    public static Gen<Field> Field(string name) => Gen.OneOf(
        Gen.Select(Stamp, ValueGen.Json, Field (stamp, value) => new PlainField(name, stamp, value)),
        Stamp.Select(Field (stamp) => new PlainField(name, stamp, null)),
        CounterValue.Select(Field (value) => new CounterField(name, value)),
        SetEntries.Select(Field (entries) => new SetFieldValue(name, entries)));

    /// <summary>A live row or a tombstone with its hidden fields.</summary>
    public static readonly Gen<EntityRow> Any =
        from key in Gen.Select(ValueGen.TypeName, ValueGen.EntityId, static (type, id) => new EntityKey(type, id))
        from sequence in OperationGen.Counter
        from generation in Gen.Int[1, 5]
        from deletedAt in Gen.Frequency((3, Gen.Const(0L)), (1, Gen.Long[1, 4_000_000_000_000]))
        from stamps in Gen.Select(StampOrNone, Stamp, StampOrNone)
        from births in OperationGen.Counter.Array[1, EntityRow.MaxBirths]
        from pairs in Gen.Select(Pair, Pair)
        from fields in ValueGen.Name.SelectMany(Field).Array[0, 6]
        select new EntityRow
        {
            Key = key,
            Sequence = sequence,
            Generation = generation,
            Deleted = deletedAt > 0,
            DeletedAt = deletedAt,
            DocumentStamp = stamps.Item1,
            LastEdit = stamps.Item2,
            LastDelete = stamps.Item3,
            Birth = births.Min(),
            Births = [.. births.Distinct().Order()],
            Changes = pairs.Item1,
            Edits = pairs.Item2,
            Fields = [.. fields.DistinctBy(static field => field.Name).OrderBy(static field => field.Name, StringComparer.Ordinal)],
        };
}
