using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Transport;
using OrleansSync.Core;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using EntityRow = OrleansSync.Core.EntityRow;
using ReconcileResponse = OrleansSync.Protocol.Encoded.ReconcileResponse;

namespace OrleansSync.Client.Sync.Reconciling;

/// <summary>The questions of one reconciliation to the gateway, all at one cursor, and their cost.</summary>
internal sealed class ReconcileCalls(GatewayConnection connection, SessionGrant grant, HeldDigests held)
{
    /// <summary>Messages, both ways.</summary>
    public long Bytes { get; private set; }

    /// <summary>Types whose digests differ; <c>null</c>: the server's head is another cursor than this one.</summary>
    public async Task<IReadOnlyList<string>?> CompareAsync(CancellationToken cancellationToken)
    {
        var differing = new List<string>();
        foreach (var types in held.Types.Chunk(ReconcileBounds.Types))
        {
            var request = Request();
            foreach (var (type, digest) in types) request.Digests.Add(PageMapping.ToWire(type, digest.Sum, digest.Rows));
            await foreach (var response in AskAsync(request, cancellationToken))
            {
                if (response.Head != held.Cursor) return null;
                differing.AddRange(response.Digests.Select(static digest => digest.Type));
            }
        }

        return differing;
    }

    /// <summary>The sums of the buckets of a type, or of the sub-buckets of some.</summary>
    public async Task<Dictionary<int, UInt128>> SumAsync(string type, IEnumerable<int> buckets, CancellationToken cancellationToken)
    {
        var request = Request();
        byte[] asked = [.. buckets.Order().Select(static one => (byte)one)];
        request.Buckets = new BucketQuestion { Type = type, Buckets = ByteString.CopyFrom(asked) };
        var sums = new Dictionary<int, UInt128>();
        await foreach (var response in AskAsync(request, cancellationToken))
        {
            foreach (var bucket in response.Buckets) sums[(int)bucket.Bucket] = Read(bucket.Digest, "buckets");
        }

        return sums;
    }

    public async Task<Dictionary<string, RowMark>> ListAsync(string type, IEnumerable<int> subBuckets, CancellationToken cancellationToken)
    {
        var request = Request();
        request.Ids = new IdQuestion { Type = type, SubBuckets = { subBuckets.Order().Select(static one => (uint)one) } };
        var marks = new Dictionary<string, RowMark>(StringComparer.Ordinal);
        await foreach (var response in AskAsync(request, cancellationToken))
        {
            foreach (var row in response.Ids) marks[row.EntityId] = new RowMark(row.Sequence, Read(row.Digest, "ids"));
        }

        return marks;
    }

    /// <summary>The rows that the server has of these.</summary>
    public async Task<List<EntityRow>> RowsAsync(string type, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var request = Request();
        request.Rows = new RowQuestion { Type = type, EntityIds = { ids } };
        var rows = new List<EntityRow>(ids.Count);
        var asked = ids.ToHashSet(StringComparer.Ordinal);
        await foreach (var response in AskAsync(request, cancellationToken))
        {
            if (response.Page is not { } page) continue;
            var read = WireMessages.ReadRows(page);
            if (read.FirstOrDefault(row => row.Key.Type != type || !asked.Contains(row.Key.Id)) is { } other)
                throw SyncErrorCodes.DoesNotFit($"a row of {other.Key}, which was not asked for");
            rows.AddRange(read);
        }

        return rows;
    }

    private static UInt128 Read(ByteString digest, string path) =>
        WireIds.TryRead(digest, out UInt128 read) ? read : throw SyncErrorCodes.DoesNotFit($"{path}: a digest that does not have 16 bytes");

    private ReconcileRequest Request() => new() { Session = grant.Session, Cursor = CursorMapping.ToWire(held.Lineage, held.Cursor) };

    private async IAsyncEnumerable<ReconcileResponse> AskAsync(
        ReconcileRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Bytes += request.CalculateSize();
        using var call = await connection.ReconcileAsync(request, cancellationToken);
        var any = false;
        while (await connection.NextAsync("Reconcile", call.ResponseStream, cancellationToken) is { } response)
        {
            any = true;
            Bytes += response.CalculateSize();
            yield return response;
        }

        if (!any) throw SyncErrorCodes.StreamEnded("Reconcile");
    }
}
