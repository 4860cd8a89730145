using System.Diagnostics;
using System.Globalization;
using OrleansSync.Client.Tests.OpLog;

namespace OrleansSync.Client.Tests.Store;

public sealed class CrashTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task R4_A_process_killed_while_writing_and_syncing_loses_no_write_that_returned_and_doubles_none(int seed)
    {
        var returned = await WriteAndKillAsync(_folder.PathOf("app.db"), seed);

        await using var store = await _folder.OpenAsync();
        await store.Database.ReadAsync(
            connection =>
            {
                Consistency.Check(connection, store.Database.Meta);
                return true;
            },
            CancellationToken.None);
        var notes = store.Notes();
        foreach (var id in returned) Assert.Equal("written", (await notes.FindAsync(id))?.Title);
        // What was on its way when the kill came may be there or not, but whole: the note with its increment.
        var sum = (await notes.FindAsync("sum"))!.Minutes;
        Assert.InRange(sum, returned.Count, returned.Count + WriteUntilKilled.Writers);
        Assert.Equal(sum + 1, await notes.CountAsync());
    }

    /// <returns>The ids of the writes that had returned.</returns>
    private static async Task<IReadOnlyList<string>> WriteAndKillAsync(string database, int seed)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(CrashTests).Assembly.Location, "write-until-killed", database, seed.ToString(CultureInfo.InvariantCulture) },
        };
        using var child = Process.Start(start)!;
        var returned = new List<string>();
        try
        {
            var until = new Random(seed).Next(20, 600);
            while (await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
            {
                returned.Add(line);
                if (returned.Count == until) child.Kill();
            }

            Assert.True(returned.Count >= until, "The child ended by itself.");
        }
        finally
        {
            if (!child.HasExited) child.Kill();
            await child.WaitForExitAsync();
        }

        // The last line can be cut off by the kill.
        return [.. returned.Where(line => line.EndsWith('.')).Select(line => line[..^1])];
    }
}
