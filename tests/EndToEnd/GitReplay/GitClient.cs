using System.Diagnostics;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

/// <summary>Runs git as a user would, where a test needs what the sample itself never does.</summary>
internal static class GitClient
{
    public static async Task RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardError = true, UseShellExecute = false };
        using var git = Process.Start(start)!;
        var errors = await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.True(git.ExitCode == 0, errors);
    }
}
