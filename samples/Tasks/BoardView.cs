using OrleansSync.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansSync.Samples.Tasks;

/// <summary>Draws the board.</summary>
internal static class BoardView
{
    // A list that is longer than the window follows the selection.
    private const int Around = 9;

    public static IRenderable Of(Terminal terminal) => new Rows(
        new Rule($"[bold]Tasks[/] on [aqua]{Markup.Escape(terminal.Device)}[/]").LeftJustified(),
        terminal.Letters is { } letters ? LettersOf(letters, terminal.Selected) : TasksOf(terminal.Board, terminal.Selected),
        new Rule().RuleStyle("grey"),
        new Markup($"[grey]{Markup.Escape(BoardText.Status(terminal.Board.Status))}[/]"),
        new Markup($"[grey]{Markup.Escape(terminal.Board.News)}[/]"),
        new Markup(Markup.Escape(terminal.Bottom)));

    private static IRenderable TasksOf(Board board, int selected)
    {
        if (board.Rows.IsEmpty) return new Markup("[grey]Nothing to do. Press n.[/]");
        var grid = new Grid().AddColumns(5);
        for (var i = Math.Max(0, selected - Around); i < board.Rows.Length && i <= Math.Max(selected, Around) + Around; i++)
        {
            var (task, state) = (board.Rows[i].Task, board.Rows[i].State);
            var title = Markup.Escape(task.Title);
            grid.AddRow(
                i == selected ? "[aqua]>[/]" : " ",
                task.Done ? "[green]✓[/]" : "·",
                task.Done ? $"[grey strikethrough]{title}[/]" : i == selected ? $"[bold]{title}[/]" : title,
                task.Minutes > 0 ? $"{task.Minutes} min" : "",
                Badge(state));
        }

        return grid;
    }

    private static IRenderable LettersOf(IReadOnlyList<DeadLetter> letters, int selected)
    {
        if (letters.Count == 0) return new Markup("[grey]No dead letters.[/]");
        var grid = new Grid().AddColumns(2);
        for (var i = 0; i < letters.Count; i++) grid.AddRow(i == selected ? "[aqua]>[/]" : " ", Markup.Escape(BoardText.Letter(i + 1, letters[i])));
        return grid;
    }

    private static string Badge(EntitySyncState state) => state switch
    {
        EntitySyncState.Pending => "[yellow]waiting[/]",
        EntitySyncState.Conflict => "[magenta]conflict[/]",
        EntitySyncState.DeadLetter => "[red]refused[/]",
        _ => "",
    };
}
