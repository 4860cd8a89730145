using OrleansSync.Samples.GitReplay;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class ReplayCommandTests
{
    [Theory]
    [InlineData("Name a repository")]
    [InlineData("no folder", "--repo", "/nowhere/at/all")]
    [InlineData("--devices is 1 to 64", "--generate", "5", "--devices", "65")]
    [InlineData("'many'", "--generate", "5", "--devices", "many")]
    [InlineData("--offline is a share", "--generate", "5", "--offline", "1.5")]
    [InlineData("--generate needs", "--generate", "0")]
    [InlineData("leave --gateway out", "--generate", "5", "--kill-server", "1", "--gateway", "http://localhost:1")]
    [InlineData("http or https", "--generate", "5", "--gateway", "localhost:5080")]
    public async Task A_wrong_command_line_is_told_and_is_not_a_mismatch(string fault, params string[] arguments)
    {
        var (exit, output) = await Replaying.RunAsync(arguments);
        Assert.Equal(ReplayCommand.Failed, exit);
        Assert.Contains(fault, output);
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_told_at_once()
    {
        var (exit, output) = await Replaying.RunAsync("--generate", "2", "--gateway", "http://127.0.0.1:1");
        Assert.Equal(ReplayCommand.Failed, exit);
        Assert.Contains("Cannot reach http://127.0.0.1:1", output);
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var (exit, output) = await Replaying.RunAsync("--help");
        Assert.Equal(ReplayCommand.Matches, exit);
        string[] options =
            ["--repo", "--generate", "--devices", "--offline", "--seed", "--gateway", "--kill-server", "--keep", "--git"];
        Assert.All(options, option => Assert.Contains(option, output));
    }
}
