using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Services;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using Limits = OrleansSync.Core.Limits;
using TypeDigest = OrleansSync.Grains.Storage.TypeDigest;

namespace OrleansSync.Gateway.Reconcile;

/// <summary>Reads the questions of a reconciliation, each within its bounds, and names the field at fault.</summary>
internal static class ReconcileQuestions
{
    private const int SubBucketsOfAll = 65_536;

    /// <summary>Where the device is complete. One that has pulled nothing has nothing to compare.</summary>
    public static (Guid Lineage, long Sequence) Cursor(Cursor? wire)
    {
        if (!CursorMapping.TryRead(wire, out var lineage, out var sequence, out var fault)) throw SyncErrors.Of(fault);
        return lineage != Guid.Empty
            ? (lineage, sequence)
            : throw Requests.Fault(FaultCode.Missing, "cursor", "Pull first: rows are compared at a complete cursor.");
    }

    public static ImmutableArray<TypeDigest> Digests(ReconcileRequest request, Limits limits)
    {
        AtMost(request.Digests.Count, ReconcileBounds.Types, "digests");
        var digests = ImmutableArray.CreateBuilder<TypeDigest>(request.Digests.Count);
        for (var i = 0; i < request.Digests.Count; i++)
        {
            var wire = request.Digests[i];
            if (!WireIds.TryRead(wire.Digest, out UInt128 sum))
                throw Requests.Fault(FaultCode.OutOfRange, $"digests[{i}].digest", "A digest has 16 bytes.");
            digests.Add(new TypeDigest(Type(wire.Type, $"digests[{i}].type", limits), sum, wire.Rows));
        }

        return digests.MoveToImmutable();
    }

    public static ScanRequest Scan(ReconcileRequest request, Limits limits)
    {
        var (lineage, sequence) = Cursor(request.Cursor);
        if (request.Buckets is { } buckets)
        {
            var type = Type(buckets.Type, "buckets.type", limits);
            var of = Ascending([.. buckets.Buckets.Select(static one => (uint)one)], ReconcileBounds.Buckets, "buckets.buckets");
            return new ScanRequest(lineage, sequence, type, of.IsEmpty ? ScanLevel.Buckets : ScanLevel.SubBuckets, of, 0, "");
        }

        var ids = Ascending([.. request.Ids.SubBuckets], ReconcileBounds.SubBuckets, "ids.sub_buckets");
        return new ScanRequest(lineage, sequence, Type(request.Ids.Type, "ids.type", limits), ScanLevel.Ids, ids, 0, "");
    }

    public static (string Type, ImmutableArray<string> Ids) Rows(RowQuestion wire, Limits limits)
    {
        AtMost(wire.EntityIds.Count, ReconcileBounds.Rows, "rows.entity_ids");
        for (var i = 0; i < wire.EntityIds.Count; i++)
        {
            if (FormRules.CheckEntityId(wire.EntityIds[i], limits) is { } fault) throw SyncErrors.Of(fault.Within($"rows.entity_ids[{i}]"));
        }

        return (Type(wire.Type, "rows.type", limits), [.. wire.EntityIds]);
    }

    private static string Type(string type, string path, Limits limits) =>
        FormRules.CheckName(type, limits) is { } fault ? throw SyncErrors.Of(fault.Within(path)) : type;

    private static ImmutableArray<int> Ascending(uint[] numbers, int most, string path)
    {
        AtMost(numbers.Length, most, path);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] >= SubBucketsOfAll || (i > 0 && numbers[i] <= numbers[i - 1]))
                throw Requests.Fault(FaultCode.OutOfRange, $"{path}[{i}]", "Buckets are named in their order, each once.");
        }

        return [.. numbers.Select(static one => (int)one)];
    }

    private static void AtMost(int count, int most, string path)
    {
        if (count > most) throw Requests.Fault(FaultCode.TooMany, path, $"At most {most} at a time; these are {count}.");
    }
}
