using System.Runtime.CompilerServices;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Services;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using Limits = OrleansSync.Core.Limits;
using TypeDigest = OrleansSync.Grains.Storage.TypeDigest;

namespace OrleansSync.Gateway.Reconcile;

/// <summary>
/// Answers the questions of a reconciliation; each call is one, and nothing is kept between them. Rows are read slice by slice, off the
/// way of writes. What a type's rows come to is compared with what its commits have added up to, and mended where that is wrong.
/// </summary>
internal sealed class Reconciler(IGrainFactory grains, SyncSchema schema, Limits limits, ILogger<Reconciler> logger)
{
    // Of rows that are as large as they can be, a few fit into a message between silo and gateway.
    private const int RowsAtATime = 32;

    /// <exception cref="RpcException">The question is malformed, or the cursor is not one of this server's.</exception>
    public Task AnswerAsync(
        ScopeId scope, DeviceId device, ReconcileRequest request, IServerStreamWriter<ReconcileResponse> responses, CancellationToken ended)
    {
        var feed = grains.GetGrain<IFeedGrain>(scope.Value);
        return request.QuestionCase switch
        {
            ReconcileRequest.QuestionOneofCase.Buckets => SumAsync(feed, ReconcileQuestions.Scan(request, limits), responses, ended),
            ReconcileRequest.QuestionOneofCase.Ids => ListAsync(feed, ReconcileQuestions.Scan(request, limits), responses, ended),
            ReconcileRequest.QuestionOneofCase.Rows => SendAsync(feed, request, responses, ended),
            _ => CompareAsync(feed, device, request, responses, ended),
        };
    }

    private async Task CompareAsync(
        IFeedGrain feed,
        DeviceId device,
        ReconcileRequest request,
        IServerStreamWriter<ReconcileResponse> responses,
        CancellationToken ended)
    {
        var (lineage, sequence) = ReconcileQuestions.Cursor(request.Cursor);
        var asked = ReconcileQuestions.Digests(request, limits);
        // What a pull from the cursor would begin with: where nothing follows, it says the digests.
        var page = await feed.ReadAsync(new FeedRequest(device, lineage, sequence, [], [])).WaitAsync(ended);
        if (FeedReader.ErrorOf(page.Status) is { } error) throw error;
        var response = new ReconcileResponse { Head = page.Head };
        if (page.Complete && page.Head == sequence)
        {
            var held = page.Digests.ToDictionary(static digest => digest.Type, StringComparer.Ordinal);
            foreach (var digest in asked)
            {
                var server = held.GetValueOrDefault(digest.Type, new TypeDigest(digest.Type, 0, 0));
                if (server != digest) response.Digests.Add(PageMapping.ToWire(server.Type, server.Digest, server.Rows));
            }
        }

        await responses.WriteUntilAsync(response, ended);
    }

    private async Task SumAsync(
        IFeedGrain feed, ScanRequest scan, IServerStreamWriter<ReconcileResponse> responses, CancellationToken ended)
    {
        var sums = new SortedDictionary<int, UInt128>();
        var (rows, last, lives) = (0L, default(ScanReply), new Liveness(responses, ended));
        await foreach (var slice in SlicesAsync(feed, scan, ended))
        {
            foreach (var (bucket, digest) in slice.Sums) sums[bucket] = unchecked(sums.GetValueOrDefault(bucket) + digest);
            (rows, last) = (rows + slice.Count, slice);
            await lives.TellAsync(slice);
        }

        if (scan.Level == ScanLevel.Buckets && last!.Stored is { } stored)
        {
            var total = new TypeDigest(scan.Type, sums.Values.Aggregate(UInt128.Zero, static (sum, one) => unchecked(sum + one)), rows);
            if (total != stored) await MendAsync(feed, last.Head, total);
        }

        var response = new ReconcileResponse { Head = last!.Head };
        foreach (var (bucket, digest) in sums)
            response.Buckets.Add(new BucketDigest { Bucket = (uint)bucket, Digest = WireIds.ToWire(digest) });
        await responses.WriteUntilAsync(response, ended);
    }

    private async Task MendAsync(IFeedGrain feed, long head, TypeDigest total)
    {
        if (await feed.MendDigestAsync(head, total)) Log.DigestMended(logger, total.Type, total.Rows, head);
        else Log.DigestNotMended(logger, total.Type, head);
    }

    private static async Task ListAsync(
        IFeedGrain feed, ScanRequest scan, IServerStreamWriter<ReconcileResponse> responses, CancellationToken ended)
    {
        var lives = new Liveness(responses, ended);
        await foreach (var slice in SlicesAsync(feed, scan, ended))
        {
            var response = new ReconcileResponse { Head = slice.Head };
            foreach (var (id, sequence, digest) in slice.Rows)
                response.Ids.Add(new RowDigest { EntityId = id, Sequence = sequence, Digest = WireIds.ToWire(digest) });
            if (response.Ids.Count > 0 || slice.Done) await responses.WriteUntilAsync(response, ended);
            else await lives.TellAsync(slice);
        }
    }

    private async Task SendAsync(
        IFeedGrain feed, ReconcileRequest request, IServerStreamWriter<ReconcileResponse> responses, CancellationToken ended)
    {
        var (lineage, _) = ReconcileQuestions.Cursor(request.Cursor);
        var (type, ids) = ReconcileQuestions.Rows(request.Rows, limits);
        var (head, rows, bytes) = (0L, new List<EntityRow>(), 0L);
        for (var from = 0; from < ids.Length; from += RowsAtATime)
        {
            var some = ids.Slice(from, Math.Min(RowsAtATime, ids.Length - from));
            var reply = await feed.LoadRowsAsync(lineage, type, some).WaitAsync(ended);
            if (FeedReader.ErrorOf(reply.Status) is { } error) throw error;
            head = from == 0 ? reply.Head : head;
            foreach (var row in reply.Rows)
            {
                var size = RowEncoding.EncodeDocument(row).Length;
                if (rows.Count > 0 && bytes + size > limits.PageBytes) await FlushAsync();
                rows.Add(row);
                bytes += size;
            }
        }

        await FlushAsync();

        async Task FlushAsync()
        {
            await responses.WriteUntilAsync(new ReconcileResponse { Head = head, Page = PageMapping.ToWire(rows, [], schema) }, ended);
            rows.Clear();
            bytes = 0;
        }
    }

    private static async IAsyncEnumerable<ScanReply> SlicesAsync(
        IFeedGrain feed, ScanRequest scan, [EnumeratorCancellation] CancellationToken ended)
    {
        while (true)
        {
            var slice = await feed.ScanAsync(scan).WaitAsync(ended);
            if (FeedReader.ErrorOf(slice.Status) is { } error) throw error;
            yield return slice;
            if (slice.Done) yield break;
            scan = scan with { AfterSequence = slice.LastSequence, AfterId = slice.LastId };
        }
    }

    /// <summary>Who waits for a scan of very many rows is told now and then that it goes on.</summary>
    private sealed class Liveness(IServerStreamWriter<ReconcileResponse> responses, CancellationToken ended)
    {
        private const int SlicesBetween = 50;

        private int _slices;

        public Task TellAsync(ScanReply slice) => ++_slices % SlicesBetween == 0
            ? responses.WriteUntilAsync(new ReconcileResponse { Head = slice.Head }, ended)
            : Task.CompletedTask;
    }
}
