using OrleansSync.Samples.Tour;

namespace OrleansSync.EndToEnd.Tests.Tour;

public sealed class TourTests
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task The_tour_converges(string store)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exit = await TourCommand.InvokeAsync(["--store", store], output, error);

        Assert.True(exit == 0, $"{output}{error}");
        Assert.Contains("sent twice, 0 duplicates", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("killed with SIGKILL", output.ToString(), StringComparison.Ordinal);
        Assert.Matches("^CONVERGED (?<digest>[0-9a-f]{32}) = \\k<digest>$", output.ToString().TrimEnd().Split('\n')[^1].TrimEnd());
    }

    [Fact]
    public async Task The_tour_explains_itself()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.Equal(0, await TourCommand.InvokeAsync(["--help"], output, error));
        Assert.Contains("--keep", output.ToString(), StringComparison.Ordinal);
    }
}
