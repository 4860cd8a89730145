using System.Globalization;
using System.Text.RegularExpressions;
using OrleansSync.EndToEnd.Tests.Devices;

namespace OrleansSync.EndToEnd.Tests.Native;

/// <summary>samples/NativeDevice as one native program: what a phone's app is made of.</summary>
public sealed partial class NativeDeviceTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    [Fact]
    public async Task R14_A_device_published_ahead_of_time_syncs_1000_rows_in_60_MB_and_starts_in_300_ms()
    {
        var folder = server.PathOf("native");
        await Run.InAsync(
            "samples/NativeDevice", "dotnet", "publish", "-c", "Release", "--no-restore", "-r", "linux-x64", "-v", "q", "-tl:off", "-o", folder);
        var user = $"u{Guid.NewGuid():n}";

        var writer = Said(await DeviceAsync("writer.db", "--write", "1000"));
        var readers = new List<Match>();
        for (var i = 0; i < 3; i++) readers.Add(Said(await DeviceAsync($"reader{i}.db")));

        Assert.All(readers, reader => Assert.Equal(("1000", writer.Groups["digest"].Value), (reader.Groups["rows"].Value, reader.Groups["digest"].Value)));
        // The kernel's count of the most that was resident at once.
        Assert.All(readers.Append(writer), static one => Assert.InRange(Number(one, "peak"), 1, 60_000));
        // The quickest one: the machine does other things too.
        Assert.InRange(readers.Min(static reader => Number(reader, "started")), 1, 300);

        Task<string> DeviceAsync(string database, params string[] more) => Run.InAsync(
            ".", Path.Combine(folder, "NativeDevice"), [server.Address.ToString(), "--user", user, "--database", server.PathOf(database), .. more]);
    }

    private static Match Said(string output) => Report().Match(output) is { Success: true } match ? match : throw new InvalidDataException(output);

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^STARTED (?<started>\d+) ms\nROWS (?<rows>\d+) DIGEST (?<digest>[0-9a-f]{32})\nPEAK (?<peak>\d+) kB\n$", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Report();
}
