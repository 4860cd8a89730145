using System.CommandLine;
using OrleansSync.Samples.GitReplay;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

/// <summary>Runs the sample as its command line does: the backend is a child process, the exit code and the lines are what a user sees.</summary>
internal static class Replaying
{
    public static async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var invocation = new InvocationConfiguration { Output = output, Error = output };
        var exit = await ReplayCommand.InvokeAsync(arguments, invocation);
        return (exit, output.ToString());
    }

    public static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].TrimEnd();
}
