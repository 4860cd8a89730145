using System.Globalization;
using Google.Protobuf;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>
/// The shared counters as operations on the wire. It keeps which write of each field has the highest stamp, so that the outcome
/// of every race is known before it is run.
/// </summary>
internal sealed class CounterOperations(CounterWrites writes)
{
    private readonly Dictionary<(int Entity, string Field), (long Counter, ByteString Device, string Value)> _winners = [];

    public OperationBatch Creates(WireDevice device)
    {
        var batch = new OperationBatch();
        foreach (var id in writes.Ids)
        {
            var create = device.NewOperation(CounterWrites.Type, id, OperationKind.Create);
            create.Changes.Add(Set(CounterWrites.LastBy, CounterWrites.Untouched));
            create.Changes.Add(Set(CounterWrites.Note, CounterWrites.Untouched));
            batch.Operations.Add(create);
        }

        return batch;
    }

    /// <param name="device">Which writes.</param>
    /// <param name="rows">What the device holds.</param>
    /// <param name="some">What it writes.</param>
    public OperationBatch Updates(WireDevice device, IReadOnlyDictionary<string, Row> rows, IEnumerable<CounterWrite> some)
    {
        var batch = new OperationBatch();
        foreach (var write in some)
        {
            var update = device.NewOperation(CounterWrites.Type, writes.Ids[write.Entity], OperationKind.Update);
            update.Base = rows[update.EntityId].Sequence;
            update.Changes.Add(new FieldChange { Field = CounterWrites.Count, Increment = 1 });
            if (write.Field is { } field)
            {
                update.Changes.Add(Set(field, write.Value));
                Note((write.Entity, field), (update.Counter, device.Session.DeviceId, write.Value));
            }

            batch.Operations.Add(update);
        }

        return batch;
    }

    /// <summary>Exact sums, and in each field the value that the rules of the product give the race to.</summary>
    public void Verify(IReadOnlyDictionary<string, Row> rows)
    {
        VerifySums(writes, rows);
        foreach (var ((entity, field), winner) in _winners)
        {
            var found = rows[writes.Ids[entity]].Fields.Single(one => one.Name == field);
            Check.Equal($"\"{winner.Value}\"", found.Json.ToStringUtf8(), $"{field} of {writes.Ids[entity]}");
        }
    }

    public static void VerifySums(CounterWrites writes, IReadOnlyDictionary<string, Row> rows)
    {
        Check.Equal(writes.Ids.Count, rows.Count, "Counters");
        for (var i = 0; i < writes.Ids.Count; i++)
        {
            var count = rows[writes.Ids[i]].Fields.Single(static field => field.Name == CounterWrites.Count).Counter;
            Check.Equal(writes.Sum(i).ToString(CultureInfo.InvariantCulture), count, $"{CounterWrites.Count} of {writes.Ids[i]}");
        }
    }

    private void Note((int Entity, string Field) key, (long Counter, ByteString Device, string Value) candidate)
    {
        if (_winners.TryGetValue(key, out var best))
        {
            // The device's bytes break ties.
            var later = candidate.Counter != best.Counter
                ? candidate.Counter > best.Counter
                : candidate.Device.Span.SequenceCompareTo(best.Device.Span) > 0;
            if (!later) return;
        }

        _winners[key] = candidate;
    }

    // Letters, digits and hyphens only: the JSON is the text in quotes.
    private static FieldChange Set(string field, string value) => new() { Field = field, Set = ByteString.CopyFromUtf8($"\"{value}\"") };
}
