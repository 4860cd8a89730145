using OrleansSync.Core;
using OrleansSync.Silo.Executable;

namespace OrleansSync.Grains.Tests.Silo;

public sealed class SiloProgramTests
{
    [Fact]
    public void Arguments_are_read()
    {
        var (arguments, faults) = SiloArguments.Parse(
            "--data somewhere --silo-port 21111 --gateway-port 23000 --entity tasks:minutes,cost --entity notes".Split(' '));

        Assert.Empty(faults);
        Assert.Equal(("somewhere", 21_111, 23_000), (arguments.DataFolder, arguments.SiloPort, arguments.GatewayPort));
        Assert.False(arguments.Help);
        Assert.Equal(FieldKind.Counter, arguments.Schema.Find("tasks")!.KindOf("cost"));
        Assert.NotNull(arguments.Schema.Find("notes"));
        Assert.Null(arguments.Schema.Find("other"));
    }

    [Fact]
    public void Without_entities_every_type_is_accepted() => Assert.NotNull(SiloArguments.Parse([]).Arguments.Schema.Find("anything"));

    [Theory]
    [InlineData("--port 5")]
    [InlineData("--data")]
    [InlineData("--silo-port x")]
    [InlineData("--silo-port 70000")]
    [InlineData("--gateway-port 11111")]
    [InlineData("--entity 9a")]
    [InlineData("--entity a:b,c-d")]
    [InlineData("--entity a --entity a:b")]
    public async Task Wrong_arguments_end_in_their_own_code_and_say_what_is_wrong(string line)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(2, await SiloProgram.RunAsync(line.Split(' '), output, error));
        Assert.StartsWith("--", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await SiloProgram.RunAsync(["--help"], output, TextWriter.Null));
        foreach (var option in new[] { "--data", "--entity", "--silo-port", "--gateway-port" })
        {
            Assert.Contains(option, output.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_start_meets_is_told_in_one_line()
    {
        var file = Path.GetTempFileName();
        using var error = new StringWriter();
        Assert.Equal(1, await SiloProgram.RunAsync(["--data", file], TextWriter.Null, error));
        Assert.StartsWith("The silo cannot run: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(file, error.ToString(), StringComparison.Ordinal);
        File.Delete(file);
    }
}
