using OrleansSync.Silo.Executable;

namespace OrleansSync.Grains.Tests.Silo;

public sealed class SiloProgramTests
{
    [Theory]
    [InlineData("--bogus is not known", "--bogus")]
    [InlineData("--silo-port needs a value", "--silo-port")]
    public async Task An_argument_that_makes_no_sense_is_told(string told, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(told, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_fault_of_the_configuration_is_told_before_anything_is_opened()
    {
        var (code, output, error) = await RunAsync(
            "--silo-port", "0", "--gateway-port", "x", "--OrleansSync:Storage:Provider", "Postgres", "--OrleansSync:Entities:a:Policy", "Best");
        Assert.Equal((2, ""), (code, output));
        foreach (var key in new[] { "Cluster:SiloPort = 0", "Cluster:GatewayPort = x", "Storage:ConnectionName", "Entities:a:Policy = Best" })
        {
            Assert.Contains($"OrleansSync:{key}", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var (code, output, _) = await RunAsync("--help");
        Assert.Equal(0, code);
        foreach (var option in new[] { "--silo-port", "--gateway-port", "--http-port", "--environment", "--new-lineage" })
        {
            Assert.Contains(option, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connection_string_that_cannot_be_read_is_told_without_what_is_secret_in_it()
    {
        var (code, output, error) = await RunAsync(
            "--http-port", "0", "--OrleansSync:Storage:Provider", "Postgres", "--OrleansSync:Storage:ConnectionName", "syncdb",
            "--ConnectionStrings:syncdb", "Host=db;Database=sync;Password=secret;Timeout=soon");
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("ConnectionStrings:syncdb", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await SiloProgram.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
