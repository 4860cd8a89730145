using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansSync.Backends;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.EndToEnd.Tests.GitReplay;

namespace OrleansSync.EndToEnd.Tests.Kills;

/// <summary>
/// A device's process does the same work again and again and is killed one point later each time: before and after each commit of its
/// database, before and after each send, and before an acknowledgement is recorded. Then it is opened again and does what is left.
/// </summary>
[Collection(nameof(KillTests))]
[CollectionDefinition(nameof(KillTests), DisableParallelization = true)]
public sealed class KillTests : IDisposable
{
    private static readonly string[] Types = ["notes", "orders", "lines", DeviceWork.Refused];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task I2_I6_I10_A_device_process_killed_at_any_local_commit_or_send_loses_and_doubles_nothing()
    {
        await using var backend = await EmbeddedBackend.StartAsync(_folder.Of("server"), DeviceWork.ServerSettings, CancellationToken.None);
        var (whole, points) = await DieAsync(backend.Grpc, 0);
        Assert.Equal(0, whole);
        Assert.Equal(Enum.GetValues<FaultPoint>().Length, points.Distinct().Count());
        var expected = await FinishAsync(backend.Grpc, 0);
        Assert.Contains("""notes/sum {"minutes":111,"text":"counts"}""", expected);
        Assert.Contains("""notes/others-1 {"minutes":10011,"text":"theirs"}""", expected);
        Assert.Equal(9, expected.Count);

        var died = new ConcurrentBag<int>();
        await Parallel.ForEachAsync(Enumerable.Range(1, points.Count), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (killedAt, _) =>
        {
            var (exit, passed) = await DieAsync(backend.Grpc, killedAt);
            // A push and a pull at once do not always commit as often.
            if (exit != 0) died.Add(killedAt);
            Assert.Equal(exit == 0, passed.Count < killedAt);
            try
            {
                Assert.Equal(expected, await FinishAsync(backend.Grpc, killedAt));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Killed at {killedAt}, {passed[^1]}.", failure);
            }
        });
        Assert.InRange(died.Count, points.Count * 9 / 10, points.Count);
    }

    /// <summary>Another device writes; then this one's process runs to a point.</summary>
    private async Task<(int Exit, IReadOnlyList<string> Points)> DieAsync(Uri gateway, int killedAt)
    {
        await Work("other", gateway, killedAt).RunOtherAsync();
        var start = new ProcessStartInfo(BackendFiles.DotnetCommand)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "exec", typeof(KillTests).Assembly.Location,
                "device", Database("phone", killedAt), gateway.ToString(), User(killedAt), killedAt.ToString(CultureInfo.InvariantCulture),
            },
        };
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = await child.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(2));
        await child.WaitForExitAsync();
        Assert.Equal("", await errors);
        return (child.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The device does what is left; what a fresh device has then.</summary>
    private async Task<IReadOnlyList<string>> FinishAsync(Uri gateway, int killedAt)
    {
        IReadOnlyList<string> rows = [];
        await Work("phone", gateway, killedAt).RunAsync(async phone =>
        {
            await using var fresh = await Work("fresh", gateway, killedAt).OpenAsync();
            await fresh.SyncNowAsync();
            rows = await RowsAsync(fresh);
            Assert.Equal(rows, await RowsAsync(phone));
            Assert.Equal(await fresh.DigestAsync(), await phone.DigestAsync());
            await CheckLogAsync(phone);
        });
        return rows;
    }

    /// <summary>Nothing waits, nothing is there twice, and what was refused is there with its reason.</summary>
    private static async Task CheckLogAsync(SyncStore phone)
    {
        Assert.Equal((0, 1), (phone.Status.Pending, phone.Status.DeadLetters));
        Assert.Equal(1, await NumberAsync(phone, "SELECT count(*) FROM operations"));
        Assert.Equal(0, await NumberAsync(phone, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"));
        await foreach (var letter in phone.DeadLetters.ListAsync())
            Assert.Equal((DeviceWork.Refused, RejectionReason.FieldKindMismatch), (letter.Type, letter.Reason));
    }

    private static Task<long?> NumberAsync(SyncStore store, string sql) =>
        store.Database.ReadAsync(connection => connection.Number(sql), CancellationToken.None);

    private static async Task<IReadOnlyList<string>> RowsAsync(SyncStore store)
    {
        var rows = new List<string>();
        foreach (var type in Types)
        {
            await foreach (var row in store.Collection(type).ScanAsync()) rows.Add($"{type}/{row.Id} {Text(row)}");
        }

        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    private static string Text(SyncDocument row) =>
        new JsonObject(row.Fields.OrderBy(static field => field.Key, StringComparer.Ordinal)
            .Select(static field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))).ToJsonString();

    private DeviceWork Work(string device, Uri gateway, int killedAt) => new(Database(device, killedAt), gateway, User(killedAt));

    private string Database(string device, int killedAt) => _folder.Of($"{device}-{killedAt}.db");

    private static string User(int killedAt) => $"killed-at-{killedAt}";
}
