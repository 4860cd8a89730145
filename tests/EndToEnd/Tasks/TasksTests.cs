using OrleansSync.EndToEnd.Tests.Devices;
using OrleansSync.Samples.Tasks;

namespace OrleansSync.EndToEnd.Tests.Tasks;

/// <summary>samples/Tasks as two windows of one user, by its script.</summary>
public sealed class TasksTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    private readonly string _user = $"u{Guid.NewGuid():n}";

    [Fact]
    public async Task Two_windows_show_the_same_list_and_what_each_spent_adds_up()
    {
        await RunAsync("phone", "add Fix pump", "add Order valves", "spend 1 30", "wait synced");
        await RunAsync("laptop", "wait 2 tasks", "offline", "done 2", "spend 1 15", "show", "online", "wait synced");
        var shown = await RunAsync("phone", "wait 45 minutes", "show", "digest");
        var same = await RunAsync("laptop", "wait 45 minutes", "show", "digest");

        Assert.Equal(["1. [ ] Fix pump (45 min)", "2. [x] Order valves"], shown[..2]);
        Assert.Equal(shown, same);
    }

    [Fact]
    public async Task What_is_written_offline_is_marked_as_waiting_until_it_is_sent()
    {
        var shown = await RunAsync("phone", "offline", "add Fix pump", "show", "online", "wait synced", "wait 1 tasks", "show");
        Assert.Equal(["1. [ ] Fix pump <waiting>", "1. [ ] Fix pump"], shown);
    }

    [Theory]
    [InlineData("mine", "Fix pump on the phone")]
    [InlineData("theirs", "Fix pump on the laptop")]
    public async Task A_title_that_lost_against_another_devices_is_asked_about(string answer, string title)
    {
        await RunAsync("phone", "add Fix pump", "wait synced");
        // The laptop writes more often: its title is the later one.
        await RunAsync("laptop", "wait 1 tasks", "spend 1 1", "spend 1 1", "title 1 Fix pump on the laptop", "wait synced");
        var asked = await RunAsync(
            ["--offline"], "phone", "title 1 Fix pump on the phone", "show", "online", "wait conflict", "sync", "show", answer, "wait synced");
        Assert.Equal(
            ["1. [ ] Fix pump on the phone <waiting>", "1. [ ] Fix pump on the laptop (2 min)", "CONFLICT mine was 'Fix pump on the phone'"], asked);
        Assert.Equal([$"1. [ ] {title} (2 min)"], await RunAsync("laptop", "wait synced", "show"));
    }

    [Fact]
    public async Task A_line_that_is_not_understood_ends_the_script_with_its_number()
    {
        var (exit, _, error) = await InvokeAsync([], "phone", "add Fix pump", "paint 1");
        Assert.Equal(1, exit);
        Assert.Contains("Line 2, 'paint 1': not understood.", error, StringComparison.Ordinal);
    }

    private Task<string[]> RunAsync(string device, params string[] lines) => RunAsync([], device, lines);

    private async Task<string[]> RunAsync(string[] options, string device, params string[] lines)
    {
        var (exit, output, error) = await InvokeAsync(options, device, lines);
        Assert.True(exit == 0, $"{output}{error}");
        return output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<(int Exit, string Output, string Error)> InvokeAsync(string[] options, string device, params string[] lines)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(string.Join('\n', lines));
        var exit = await TasksCommand.InvokeAsync(
            ["--gateway", server.Address.ToString(), "--user", _user, "--device", device, "--folder", server.PathOf(_user), "--script", "-", .. options],
            input, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
