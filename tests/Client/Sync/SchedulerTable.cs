using System.Text.RegularExpressions;
using OrleansSync.Client.Sync;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>What a cell of the table says, for one condition: the state after the event, and the action that goes out.</summary>
/// <param name="Given">What is the case, besides the state; empty: nothing in particular.</param>
/// <param name="State">After the event.</param>
internal sealed record TableCase(string Given, string State, SchedulerAction Action);

/// <summary>
/// The tables under "The scheduler" of docs/SPEC.md. A cell is <c>never</c>, or what becomes of the state, and then what becomes of it under
/// conditions: <c>–; backoff over: → Connecting · OpenSession</c>.
/// </summary>
internal static partial class SchedulerTable
{
    private const string Unchanged = "–";

    private static readonly Dictionary<(string Event, string State), IReadOnlyList<TableCase>> Cells = Parse();

    public static IEnumerable<string> Events => Cells.Keys.Select(static cell => cell.Event).Distinct();

    public static IEnumerable<string> States => Cells.Keys.Select(static cell => cell.State).Distinct();

    /// <summary>Whatever can happen, without its conditions.</summary>
    public static IEnumerable<(string Event, string State, string After, SchedulerAction Action)> Outcomes =>
        Cells.SelectMany(static cell => cell.Value.Select(one => (cell.Key.Event, cell.Key.State, one.State, one.Action))).Distinct();

    /// <summary>Empty: the event never comes in this state.</summary>
    public static IReadOnlyList<TableCase> At(string what, string state) =>
        Cells.TryGetValue((what, state), out var cases) ? cases : throw new FormatException($"docs/SPEC.md: no cell for {what} in {state}");

    private static Dictionary<(string Event, string State), IReadOnlyList<TableCase>> Parse()
    {
        var spec = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "SPEC.md"));
        var section = spec.Split("\n## ").Single(static part => part.StartsWith("The scheduler\n", StringComparison.Ordinal));
        var cells = new Dictionary<(string Event, string State), IReadOnlyList<TableCase>>();
        string[]? states = null;
        foreach (var line in section.Split('\n'))
        {
            string[] row = [.. line.Trim().Trim('|').Split('|').Select(static text => text.Trim())];
            if (!line.StartsWith('|')) states = null;
            else if (row[0] == "event") states = row[1..];
            else if (states is not null && row[0] != "---") AddRow(cells, states, row);
        }

        return cells;
    }

    private static void AddRow(Dictionary<(string Event, string State), IReadOnlyList<TableCase>> cells, string[] states, string[] row)
    {
        var what = row[0].Trim('`');
        if (row.Length != states.Length + 1) throw new FormatException($"docs/SPEC.md: {what} has {row.Length - 1} cells for {states.Length} states");
        foreach (var (state, text) in states.Zip(row[1..])) cells.Add((what, state), Read(what, state, text));
    }

    private static TableCase[] Read(string what, string state, string text)
    {
        if (text == "never") return [];
        TableCase[] cases = [.. text.Split("; ").Select(part => ReadCase(state, part) ?? throw new FormatException($"docs/SPEC.md: {what} in {state}: '{part}'"))];
        return cases.Length == cases.DistinctBy(static one => one.Given).Count() && cases[0].Given == ""
            ? cases
            : throw new FormatException($"docs/SPEC.md: {what} in {state} begins with a condition, or names one twice: '{text}'");
    }

    private static TableCase? ReadCase(string state, string text)
    {
        var match = Case().Match(text);
        if (!match.Success) return null;
        var given = match.Groups["given"].Value;
        if (match.Groups["unchanged"].Success) return new(given, state, SchedulerAction.None);
        var action = match.Groups["action"] is { Success: true, Value: var name } ? Enum.Parse<SchedulerAction>(name) : SchedulerAction.None;
        return new(given, match.Groups["state"].Value, action);
    }

    [GeneratedRegex($@"^((?<given>[^:→]+): )?((?<unchanged>{Unchanged})|→ (?<state>[A-Za-z ]+?)( · (?<action>[A-Za-z]+))?)$", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Case();
}
