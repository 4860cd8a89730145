using System.Text.RegularExpressions;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Devices;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Nemesis;
using Spectre.Console;

namespace OrleansSync.Chaos;

/// <summary>What a run prints. Progress only where somebody watches: a log wants lines that stay.</summary>
internal sealed partial class ChaosScreen(TextWriter output, bool interactive)
{
    private const int ViolationsShown = 20;

    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    public void Line(string text) => output.WriteLine(text);

    /// <summary>Tells every few seconds how far the run is, until the task ends.</summary>
    public async Task ProgressAsync(ChaosOptions options, NemesisLoop nemesis, IReadOnlyList<DeviceHost> hosts, Task running)
    {
        if (!interactive) return;
        await AnsiConsole.Status().StartAsync("Faults", async status =>
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, Task.Delay(ProgressEvery));
                status.Status(Markup.Escape(
                    $"{clock.Elapsed.TotalSeconds:0} of {options.Seconds} s, {nemesis.Total} faults, {hosts.Sum(static host => host.Writes)} operations written"));
            }
        });
    }

    /// <summary>The findings, and the last line.</summary>
    public void Result(ChaosOptions options, ChaosResult result, string folder)
    {
        Line($"Faults      {string.Join(", ", result.Faults.Select(static fault => $"{fault.Value} {fault.Key}"))}");
        foreach (var (outcome, count) in result.Users.SelectMany(static user => user.Journal.Values).GroupBy(static row => row.Outcome)
            .Select(static group => (group.Key, group.Count())).OrderBy(static one => one.Key))
        {
            Line($"Outcomes    {count:n0} {outcome}");
        }

        Line($"Retries     {Retries(result)}");
        if (!result.Passed) Explain(options, result, folder);
        Line(result.LastLine);
    }

    /// <summary>What the library's warnings were about, by the code of the error.</summary>
    private static string Retries(ChaosResult result)
    {
        var codes = result.Users.SelectMany(static user => user.Devices).SelectMany(static device => device.Events.OfType<Logged>())
            .Select(static logged => ErrorCode().Match(logged.Message) is { Success: true } code ? code.Value : $"event {logged.Id}");
        return string.Join(", ", codes.GroupBy(static code => code).OrderByDescending(static code => code.Count()).Select(static code => $"{code.Count()} {code.Key}"));
    }

    private void Explain(ChaosOptions options, ChaosResult result, string folder)
    {
        foreach (var violation in result.Violations.Take(ViolationsShown)) Line($"{violation.Kind.ToString().ToUpperInvariant(),-11} {violation.Text}");
        if (result.Violations.Count > ViolationsShown) Line($"... and {result.Violations.Count - ViolationsShown} more");
        var bad = result.Violations.Select(static violation => violation.Operation).FirstOrDefault(static operation => operation is not null);
        foreach (var user in result.Users)
        {
            if (bad is { } id && (user.Operations.ContainsKey(id) || user.Journal.ContainsKey(id))) Line(OperationLife.Tell(user, id));
        }

        Line($"Seed        {options.Seed}");
        Line($"Histories   {folder}");
    }

    [GeneratedRegex(@"\bOS\d{4}\b", RegexOptions.CultureInvariant)]
    private static partial Regex ErrorCode();
}
