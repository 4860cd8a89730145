using System.Diagnostics;
using OrleansSync.Storage.Writer;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>A process that writes the workload to a store until it is killed or a fault ends it.</summary>
public static class WriterProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static ProcessStartInfo On(string store) => new()
    {
        FileName = "dotnet",
        ArgumentList = { typeof(Workload).Assembly.Location, "write", store },
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>Runs a writer and hears its lines, those too that are in the pipe at its end; false: kill it.</summary>
    public static async Task RunAsync(ProcessStartInfo start, Func<string, int, long, bool> hear)
    {
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                var parts = line.Split(' ');
                if (!hear(parts[0], int.Parse(parts[1]), long.Parse(parts[2]))) process.Kill();
            }
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        await process.WaitForExitAsync(patience.Token);
        Assert.Equal("", await errors);
    }
}
