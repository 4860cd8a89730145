using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using EntityRow = OrleansSync.Core.EntityRow;

namespace OrleansSync.Gateway.Tests.Reconcile;

/// <summary>The questions of a reconciliation, asked by hand, and what a device would have to compare the answers with.</summary>
internal static class ReconcileCalls
{
    public static ReconcileRequest Compare(this TestDevice device, Cursor cursor, params TypeDigest[] digests) =>
        new() { Session = device.Session, Cursor = cursor, Digests = { digests } };

    public static ReconcileRequest Buckets(this TestDevice device, Cursor cursor, string type, params byte[] of) => new()
    {
        Session = device.Session,
        Cursor = cursor,
        Buckets = new BucketQuestion { Type = type, Buckets = ByteString.CopyFrom(of) },
    };

    public static ReconcileRequest Ids(this TestDevice device, Cursor cursor, string type, params IEnumerable<uint> of) =>
        new() { Session = device.Session, Cursor = cursor, Ids = new IdQuestion { Type = type, SubBuckets = { of } } };

    public static ReconcileRequest Rows(this TestDevice device, Cursor cursor, string type, params IEnumerable<string> ids) =>
        new() { Session = device.Session, Cursor = cursor, Rows = new RowQuestion { Type = type, EntityIds = { ids } } };

    public static async Task<List<ReconcileResponse>> AskAsync(this TestDevice device, ReconcileRequest request)
    {
        using var call = device.Sync.Reconcile(request, device.Options());
        var responses = new List<ReconcileResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync()) responses.Add(response);
        return responses;
    }

    public static async Task<ReconcileResponse> AskOneAsync(this TestDevice device, ReconcileRequest request) =>
        Assert.Single(await device.AskAsync(request));

    public static UInt128 SumOf(IEnumerable<ByteString> digests) => digests.Aggregate(UInt128.Zero, static (sum, digest) =>
    {
        Assert.True(WireIds.TryRead(digest, out UInt128 one));
        return unchecked(sum + one);
    });

    public static TypeDigest DigestOf(string type, IEnumerable<EntityRow> rows)
    {
        var held = rows.Where(row => row.Key.Type == type && !row.Deleted).ToList();
        return PageMapping.ToWire(type, Digest.OfRows(held), held.Count);
    }

    public static List<EntityRow> RowsOf(Pulled pulled) => [.. pulled.Pages.SelectMany(static page => PageMapping.ReadRows(page))];
}
