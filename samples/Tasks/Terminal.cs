using System.Threading.Channels;
using OrleansSync.Client;
using Spectre.Console;

namespace OrleansSync.Samples.Tasks;

/// <summary>The app on a terminal: one loop takes keys and changes of the board in turn, and draws what is then.</summary>
internal sealed class Terminal(Board board, string device)
{
    private const string Keys = "n new · e title · space done · + 15 min · d delete · o offline · s sync · l letters · q quit";

    private readonly Channel<ConsoleKeyInfo?> _news = Channel.CreateBounded<ConsoleKeyInfo?>(64);
    private int _selected;
    private LineEditor? _line;
    private List<DeadLetter>? _letters;
    private string _fault = "";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
            throw new ScriptException("This is no terminal. Use --script, with - for lines from the input.");
        board.Changed += OnChanged;
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadKeysAsync(closing.Token), CancellationToken.None);
        try
        {
            AnsiConsole.Clear();
            await AnsiConsole.Live(BoardView.Of(this)).AutoClear(true).StartAsync(async screen =>
            {
                do
                {
                    screen.UpdateTarget(BoardView.Of(this));
                    screen.Refresh();
                }
                while (await ObeyAsync(await _news.Reader.ReadAsync(cancellationToken), cancellationToken));
            });
        }
        finally
        {
            board.Changed -= OnChanged;
            await closing.CancelAsync();
            await reading;
        }
    }

    public string Device => device;

    public Board Board => board;

    public int Selected => Math.Clamp(_selected, 0, Math.Max(0, Count - 1));

    public IReadOnlyList<DeadLetter>? Letters => _letters;

    /// <summary>What the last line says: a line being typed, a question, a fault, or the keys.</summary>
    public string Bottom => _line?.Shown
        ?? (board.Clashes is [var clash, ..] ? $"Another device's title took the place of yours, '{clash.Mine}'.  m mine · t theirs"
        : _fault.Length > 0 ? _fault
        : _letters is not null ? "r retry · x discard · l back" : Keys);

    private int Count => _letters?.Count ?? board.Rows.Length;

    // A bound that is full has a change in it already.
    private void OnChanged() => _news.Writer.TryWrite(null);

    private async Task ReadKeysAsync(CancellationToken cancellationToken)
    {
        // The console cannot be waited for and left: it is looked at.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                while (Console.KeyAvailable) await _news.Writer.WriteAsync(Console.ReadKey(intercept: true), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The app closes.
        }
    }

    /// <summary>False: the app closes.</summary>
    private async Task<bool> ObeyAsync(ConsoleKeyInfo? pressed, CancellationToken cancellationToken)
    {
        if (pressed is not { } key) return true;
        _fault = "";
        try
        {
            if (_line is { } line)
            {
                if (await line.TypeAsync(key)) _line = null;
                return true;
            }

            if (key.KeyChar is 'q') return false;
            await (_letters is null ? OnListAsync(key, cancellationToken) : OnLettersAsync(key, _letters, cancellationToken));
        }
        catch (SyncException fault)
        {
            _fault = fault.Message;
        }

        return true;
    }

    private async Task OnListAsync(ConsoleKeyInfo key, CancellationToken cancellationToken)
    {
        var task = Selected < board.Rows.Length ? board.Rows[Selected].Task : null;
        switch (key)
        {
            case { Key: ConsoleKey.UpArrow }: _selected = Selected - 1; break;
            case { Key: ConsoleKey.DownArrow }: _selected = Selected + 1; break;
            case { KeyChar: 'n' }: _line = new LineEditor("New task: ", "", board.AddAsync); break;
            case { KeyChar: 'e' } when task is not null: _line = new LineEditor("Title: ", task.Title, title => board.RenameAsync(task, title)); break;
            case { KeyChar: ' ' } when task is not null: await board.ToggleAsync(task); break;
            case { KeyChar: '+' } when task is not null: await board.SpendAsync(task, 15); break;
            case { KeyChar: 'd' } when task is not null: await board.DeleteAsync(task); break;
            case { KeyChar: 'o' }: board.SetOffline(!board.IsOffline); break;
            // The status line tells how it goes.
            case { KeyChar: 's' }: _ = SyncAsync(cancellationToken); break;
            case { KeyChar: 'l' }: (_letters, _selected) = (await board.LettersAsync(cancellationToken), 0); break;
            case { KeyChar: 'm' }: await board.ResolveAsync(keepMine: true); break;
            case { KeyChar: 't' }: await board.ResolveAsync(keepMine: false); break;
            default: break;
        }
    }

    private async Task OnLettersAsync(ConsoleKeyInfo key, List<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var letter = Selected < letters.Count ? letters[Selected] : null;
        switch (key)
        {
            case { Key: ConsoleKey.UpArrow }: _selected = Selected - 1; return;
            case { Key: ConsoleKey.DownArrow }: _selected = Selected + 1; return;
            case { KeyChar: 'l' } or { Key: ConsoleKey.Escape }: (_letters, _selected) = (null, 0); return;
            case { KeyChar: 'r' } when letter is not null: await letter.RetryAsync(cancellationToken); break;
            case { KeyChar: 'x' } when letter is not null: await letter.DiscardAsync(cancellationToken); break;
            default: return;
        }

        _letters = await board.LettersAsync(cancellationToken);
    }

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        try
        {
            await board.SyncAsync(cancellationToken);
        }
        catch (SyncException fault)
        {
            _fault = fault.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        OnChanged();
    }
}
