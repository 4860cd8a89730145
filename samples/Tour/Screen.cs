using Spectre.Console;

namespace OrleansSync.Samples.Tour;

/// <summary>Tells the Tour in two columns, one a device; what concerns both or the server stands across.</summary>
internal sealed class Screen
{
    private const int Width = 100;

    private readonly IAnsiConsole _console;
    private int _step;

    public Screen(TextWriter output)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        _console.Profile.Width = Math.Max(_console.Profile.Width, Width);
    }

    public void Step(string title)
    {
        _console.WriteLine();
        _console.Write(new Rule($"[bold]{++_step}. {Markup.Escape(title)}[/]").LeftJustified());
    }

    public void Both(string phone, string laptop)
    {
        var grid = new Grid().AddColumn(new GridColumn().Width(46)).AddColumn(new GridColumn().Width(46));
        grid.AddRow(Cell("phone", "aqua", phone), Cell("laptop", "yellow", laptop));
        _console.Write(grid);
    }

    public void Phone(string text) => Both(text, "");

    public void Laptop(string text) => Both("", text);

    public void Across(string text) => _console.MarkupLine($"[grey]server[/] {Markup.Escape(text)}");

    public void Line(string text) => _console.WriteLine(text);

    private static Markup Cell(string device, string colour, string text) =>
        new(text.Length == 0 ? "" : $"[{colour}]{device,-6}[/] {Markup.Escape(text)}");
}

/// <summary>What the Tour expected and did not find: the difference, and a non-zero exit.</summary>
internal sealed class MismatchException(string what, string expected, string found)
    : Exception($"MISMATCH {what}: expected {expected}, found {found}");
