using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

/// <summary>Pull and Watch read from where a device says it stands; each is asked both ways.</summary>
[Collection(SharedServerTests.Name)]
public sealed class CursorTests(SharedServer shared)
{
    [Fact]
    public Task A_cursor_of_another_lineage_is_refused() => RefusesAsync(
        static (_, cursor) => cursor.Lineage = TestDevice.NewId(), StatusCode.FailedPrecondition, "LINEAGE_CHANGED", null);

    [Fact]
    public Task A_cursor_ahead_of_the_server_is_refused() =>
        RefusesAsync(static (_, cursor) => cursor.Sequence += 1_000, StatusCode.FailedPrecondition, "CURSOR_AHEAD", null);

    [Fact]
    public Task A_cursor_below_0_is_refused() =>
        RefusesAsync(static (_, cursor) => cursor.Sequence = -1, StatusCode.InvalidArgument, "OUT_OF_RANGE", "cursor.sequence");

    [Fact]
    public Task A_cursor_above_0_without_a_lineage_is_refused() =>
        RefusesAsync(static (_, cursor) => cursor.Lineage = ByteString.Empty, StatusCode.InvalidArgument, "INVALID_UUID", "cursor.lineage");

    [Fact]
    public Task A_lineage_of_15_bytes_is_refused() => RefusesAsync(
        static (_, cursor) => cursor.Lineage = ByteString.CopyFrom(new byte[15]),
        StatusCode.InvalidArgument,
        "INVALID_UUID",
        "cursor.lineage");

    [Fact]
    public Task A_type_that_is_no_name_is_refused() => RefusesAsync(
        static (types, _) => types.AddRange(["tasks", "no name"]), StatusCode.InvalidArgument, "INVALID_NAME", "types[1]");

    [Fact]
    public Task More_than_1000_types_are_refused() => RefusesAsync(
        static (types, _) => types.AddRange(Enumerable.Range(0, 1_001).Select(static i => $"t{i}")),
        StatusCode.InvalidArgument,
        "TOO_MANY",
        "types");

    [Fact]
    public async Task A_page_token_of_garbage_is_refused()
    {
        var scene = await Scene.OpenAsync(shared.Server);
        await PageTokenRefusedAsync(scene, new PullRequest { PageToken = ByteString.CopyFromUtf8("garbage") });
        await PageTokenRefusedAsync(scene, new PullRequest { PageToken = ByteString.CopyFrom(new byte[2_000]) });
    }

    [Fact]
    public async Task A_page_token_of_another_pull_is_refused()
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var token = (await scene.Device.PullAsync(null, "tasks")).Last.PageToken;
        await PageTokenRefusedAsync(scene, new PullRequest { PageToken = token, Types_ = { "notes" } });
    }

    private static async Task PageTokenRefusedAsync(Scene scene, PullRequest request)
    {
        request.Session = scene.Device.Session;
        using var call = scene.Server.Sync.Pull(request, scene.Device.Options());
        var exception = await StatusAssert.ThrowsAsync(
            StatusCode.InvalidArgument, "PAGE_TOKEN_INVALID", () => call.ResponseStream.MoveNext(CancellationToken.None));
        StatusAssert.NamesField(exception, "page_token");
        await scene.UnchangedAsync();
    }

    private async Task RefusesAsync(Action<List<string>, Cursor> spoil, StatusCode code, string reason, string? path)
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var cursor = (await scene.Device.PullAsync()).Cursor;
        var types = new List<string>();
        spoil(types, cursor);
        using var pull = scene.Server.Sync.Pull(
            new PullRequest { Session = scene.Device.Session, Cursor = cursor, Types_ = { types } }, scene.Device.Options());
        using var watch = scene.Device.Watch(cursor, types: [.. types]);
        foreach (Func<Task> read in new Func<Task>[]
        {
            () => pull.ResponseStream.MoveNext(CancellationToken.None), () => watch.ResponseStream.MoveNext(CancellationToken.None),
        })
        {
            var exception = await StatusAssert.ThrowsAsync(code, reason, read);
            if (path is not null) StatusAssert.NamesField(exception, path);
        }

        await scene.UnchangedAsync();
    }
}
