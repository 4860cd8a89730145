using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Reconcile;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

/// <summary>The questions of a reconciliation have their bounds, and a cursor to be answered at.</summary>
[Collection(SharedServerTests.Name)]
public sealed class ReconcileFormTests(SharedServer shared)
{
    [Fact]
    public Task A_device_that_has_pulled_nothing_is_refused() =>
        RefusesAsync(static (device, _) => device.Compare(new Cursor()), "MISSING", "cursor");

    [Fact]
    public Task A_digest_of_15_bytes_is_refused() => RefusesAsync(
        static (device, cursor) => device.Compare(cursor, new TypeDigest { Type = "notes", Digest = ByteString.CopyFrom(new byte[15]) }),
        "OUT_OF_RANGE",
        "digests[0].digest");

    [Fact]
    public Task A_type_that_is_no_name_is_refused() =>
        RefusesAsync(static (device, cursor) => device.Buckets(cursor, "no name"), "INVALID_NAME", "buckets.type");

    [Fact]
    public Task I11_More_than_1000_types_are_refused() => RefusesAsync(
        static (device, cursor) =>
            device.Compare(cursor, [.. Enumerable.Range(0, 1_001).Select(static i => PageMapping.ToWire($"t{i}", 0, 0))]),
        "TOO_MANY",
        "digests");

    [Fact]
    public Task A_bucket_that_is_named_twice_is_refused() =>
        RefusesAsync(static (device, cursor) => device.Buckets(cursor, "notes", 7, 7), "OUT_OF_RANGE", "buckets.buckets[1]");

    [Fact]
    public Task I11_More_than_4096_sub_buckets_are_refused() => RefusesAsync(
        static (device, cursor) => device.Ids(cursor, "notes", Enumerable.Range(0, 4_097).Select(static i => (uint)i)),
        "TOO_MANY",
        "ids.sub_buckets");

    [Fact]
    public Task A_sub_bucket_that_is_named_twice_is_refused() =>
        RefusesAsync(static (device, cursor) => device.Ids(cursor, "notes", [7, 7]), "OUT_OF_RANGE", "ids.sub_buckets[1]");

    [Fact]
    public Task A_sub_bucket_that_there_is_not_is_refused() =>
        RefusesAsync(static (device, cursor) => device.Ids(cursor, "notes", [65_536]), "OUT_OF_RANGE", "ids.sub_buckets[0]");

    [Fact]
    public Task I11_More_than_1000_rows_are_refused() => RefusesAsync(
        static (device, cursor) => device.Rows(cursor, "notes", Enumerable.Range(0, 1_001).Select(static i => $"n{i}")),
        "TOO_MANY",
        "rows.entity_ids");

    [Fact]
    public Task An_empty_id_is_refused() =>
        RefusesAsync(static (device, cursor) => device.Rows(cursor, "notes", "a", ""), "INVALID_ENTITY_ID", "rows.entity_ids[1]");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_cursor_of_another_lineage_is_refused_at_every_level(int level)
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var cursor = new Cursor { Lineage = TestDevice.NewId() };
        var request = level switch
        {
            0 => device.Compare(cursor),
            1 => device.Buckets(cursor, "notes"),
            2 => device.Ids(cursor, "notes", [1]),
            _ => device.Rows(cursor, "notes", "a"),
        };
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "LINEAGE_CHANGED", () => device.AskAsync(request));
    }

    [Fact]
    public async Task I9_A_session_that_is_none_is_refused()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var other = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var request = device.Compare(new Cursor { Lineage = other.Welcome.Lineage });
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => other.AskAsync(request));
    }

    private async Task RefusesAsync(Func<TestDevice, Cursor, ReconcileRequest> ask, string reason, string path)
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var cursor = (await device.PullAsync()).Cursor;
        var exception = await StatusAssert.ThrowsAsync(
            StatusCode.InvalidArgument, reason, () => device.AskAsync(ask(device, cursor)));
        StatusAssert.NamesField(exception, path);
    }
}
