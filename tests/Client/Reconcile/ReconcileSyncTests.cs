using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Reconcile;

/// <summary>How a reconciliation goes along with syncing: when it runs, what its failures mean, what is told of it.</summary>
public sealed class ReconcileSyncTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Channel<Page> _commits = Channel.CreateBounded<Page>(64);
    private ScriptedGateway _gateway = null!;
    private TestDevice _device = null!;
    private int _head;

    private WireScript Script => _gateway.Script;

    public async Task InitializeAsync()
    {
        _gateway = await ScriptedGateway.StartAsync();
        Script.Watched = (_, cancelled) => _commits.Reader.ReadAllAsync(cancelled);
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, _head));
        Script.OnReconcile = _ => Task.FromResult(new ReconcileResponse { Head = _head });
        _device = await TestDevice.OpenAsync(_gateway.Address, options => options with { AutoSync = true, TimeProvider = _time });
        await Eventually.TrueAsync(() => Script.Open.Values.Contains("Watch"), "watching");
    }

    public async Task DisposeAsync()
    {
        await _device.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task R42_A_digest_that_differs_starts_one_comparison_and_one_that_goes_on_differing_another_a_minute_later()
    {
        await CommitAsync(differs: true);
        await Eventually.TrueAsync(() => Script.Reconciles.Count == 1 && _device.Logs.Count(1204) == 1, "the comparison");
        for (var i = 0; i < 5; i++) await CommitAsync(differs: true);
        Assert.Single(Script.Reconciles);
        Assert.Equal(2, _device.Logs.Count(1203));

        _time.Advance(TimeSpan.FromMinutes(1));
        await CommitAsync(differs: true);
        await Eventually.TrueAsync(() => _device.Logs.Count(1204) == 2, "the second comparison");
        _time.Advance(TimeSpan.FromMinutes(1));
        await CommitAsync(differs: true);
        Assert.Equal(2, Script.Reconciles.Count);
        Assert.Single(Script.Handshakes);
    }

    [Fact]
    public async Task R42_Digests_that_are_those_of_the_rows_start_nothing()
    {
        for (var i = 0; i < 3; i++) await CommitAsync(differs: false);
        Assert.Empty(Script.Reconciles);
        Assert.Equal(0, _device.Logs.Count(1203));
    }

    [Fact]
    public async Task R24_A_server_of_an_earlier_version_is_told_of_to_who_asked_and_syncing_goes_on()
    {
        await CommitAsync(differs: false);
        Script.OnReconcile = null;
        var refused = await Assert.ThrowsAsync<SyncException>(() => _device.Store.ReconcileAsync());
        Assert.Equal("OS1016", refused.Code);
        await Eventually.TrueAsync(() => _device.Store.Status.Connection == SyncConnection.Online, "online");
        await CommitAsync(differs: false);
        Assert.Equal((1, 0), (_device.Logs.Count(1206), _device.Logs.Count(1002)));
    }

    [Fact]
    public async Task R24_A_comparison_that_fails_is_a_failure_of_who_asked_and_does_not_keep_syncing_from_going_on()
    {
        await CommitAsync(differs: false);
        Script.OnReconcile = _ => throw WireFaults.Internal();
        Assert.Equal("OS1015", (await Assert.ThrowsAsync<SyncException>(() => _device.Store.ReconcileAsync())).Code);

        _time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => _device.Store.Status.Connection == SyncConnection.Online, "online again");
        await CommitAsync(differs: false);
        Assert.Single(Script.Reconciles);
    }

    [Fact]
    public async Task R24_Who_asks_is_told_how_far_it_is_and_can_stop_waiting()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<ReconcileResponse>());
        Script.OnReconcile = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        await CommitAsync(differs: false);
        using var stop = new CancellationTokenSource();
        var waiting = _device.Store.ReconcileAsync(stop.Token);
        var staying = _device.Store.ReconcileAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(new SyncProgress(0, 1), _device.Store.Status.Reconciling);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        answer.SetResult(new ReconcileResponse { Head = _head });
        var report = await staying;
        Assert.Equal((1, 1, 0, 0), (report.Types, report.Rows, report.Mended, report.Dropped));
        Assert.Null(_device.Store.Status.Reconciling);
    }

    [Fact]
    public async Task R24_Where_the_head_moves_each_time_every_type_is_looked_into_and_it_ends()
    {
        await CommitAsync(differs: false);
        var rows = UInt128.Parse(await _device.Store.DigestAsync(), NumberStyles.HexNumber);
        Script.OnReconcile = request => Task.FromResult(request.QuestionCase == ReconcileRequest.QuestionOneofCase.None
            ? new ReconcileResponse { Head = ++_head }
            : new ReconcileResponse
            {
                Head = ++_head,
                Buckets =
                {
                    new BucketDigest { Bucket = (uint)Core.IdHash.Of("a") >> 8, Digest = WireIds.ToWire(rows) },
                },
            });

        var report = await _device.Store.ReconcileAsync();

        Assert.Equal((1, 0), (report.Types, report.Mended));
        Assert.Equal([0, 0, 0, 0, 4], Script.Reconciles.Select(static request => (int)request.QuestionCase));
    }

    [Fact]
    public async Task R24_A_row_that_nobody_asked_for_does_not_fit_and_nothing_of_it_is_taken()
    {
        await CommitAsync(differs: false);
        var other = WirePages.Part("", WirePages.Task("b", 1, "other"));
        Script.OnReconcile = request => Task.FromResult(new ReconcileResponse
        {
            Head = _head,
            Digests = { PageMapping.ToWire("tasks", 1, 1) },
            Page = request.QuestionCase == ReconcileRequest.QuestionOneofCase.Rows ? other : null,
        });

        Assert.Equal("OS1018", (await Assert.ThrowsAsync<SyncException>(() => _device.Store.ReconcileAsync())).Code);

        Assert.Null(await _device.TitleAsync("b"));
        Assert.Equal("one", await _device.TitleAsync("a"));
    }

    /// <summary>A commit arrives over the watch; with the digest of the rows as the device should have them, or another one.</summary>
    private async Task CommitAsync(bool differs)
    {
        var sequence = ++_head;
        var page = WirePages.Complete(Script.Lineage, sequence, WirePages.Task("a", sequence, "one"));
        var row = PageMapping.ReadRows(page)[0];
        page.Digests.Add(PageMapping.ToWire("tasks", Core.Digest.OfRow(row) + (differs ? 1u : 0u), 1));
        await Eventually.TrueAsync(() => Script.Open.Values.Contains("Watch"), "watching");
        await _commits.Writer.WriteAsync(page);
        await Eventually.TrueAsync(() => _device.Store.Log.State.Cursor == sequence, "the commit");
    }
}
