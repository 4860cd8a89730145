using System.Diagnostics;
using OrleansSync.Generators;

namespace OrleansSync.EndToEnd.Tests;

/// <summary>Runs a program; the test fails with all it said unless it ends well.</summary>
internal static class Run
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="folder">Relative to the repository.</param>
    /// <param name="program">A path, or a name to be found.</param>
    /// <param name="arguments">As they are.</param>
    /// <returns>What it wrote to its output.</returns>
    public static async Task<string> InAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Path.Combine(SourceTree.Root, folder),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
