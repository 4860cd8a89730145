using System.Globalization;
using OrleansSync.Client;

namespace OrleansSync.Samples.Tasks;

/// <summary>Runs the app from lines of text in place of keys; what a test needs. Ends at the first line that fails.</summary>
internal sealed class Script(Board board, TextWriter output)
{
    public const string Help =
        """
        add TITLE | title N TITLE | done N | spend N MINUTES | delete N | offline | online | sync
        show | digest | letters | retry N | discard N | mine | theirs
        wait synced | wait conflict | wait letter | wait N tasks | wait N minutes
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="ScriptException">A line is not understood, or what it waits for does not come.</exception>
    public async Task RunAsync(TextReader lines, CancellationToken cancellationToken)
    {
        for (var number = 1; await lines.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0 || words[0].StartsWith('#')) continue;
            try
            {
                await DoAsync(words, cancellationToken);
            }
            catch (Exception fault) when (fault is SyncException or ScriptException or TimeoutException)
            {
                throw new ScriptException($"Line {number}, '{line}': {fault.Message}");
            }
        }
    }

    private async Task DoAsync(string[] words, CancellationToken cancellationToken)
    {
        switch (words)
        {
            case ["add", .. var title] when title.Length > 0: await board.AddAsync(string.Join(' ', title)); break;
            case ["title", var row, .. var title] when title.Length > 0: await board.RenameAsync(TaskAt(row), string.Join(' ', title)); break;
            case ["done", var row]: await board.ToggleAsync(TaskAt(row)); break;
            case ["spend", var row, var minutes]: await board.SpendAsync(TaskAt(row), Number(minutes)); break;
            case ["delete", var row]: await board.DeleteAsync(TaskAt(row)); break;
            case ["offline"]: board.SetOffline(true); break;
            case ["online"]: board.SetOffline(false); break;
            case ["sync"]: await board.SyncAsync(cancellationToken); break;
            case ["show"]: await ShowAsync(); break;
            case ["digest"]: await output.WriteLineAsync($"DIGEST {await board.DigestAsync()}"); break;
            case ["letters"]: await ShowLettersAsync(cancellationToken); break;
            case ["retry", var letter]: await (await LetterAsync(letter, cancellationToken)).RetryAsync(cancellationToken); break;
            case ["discard", var letter]: await (await LetterAsync(letter, cancellationToken)).DiscardAsync(cancellationToken); break;
            case ["mine"]: await board.ResolveAsync(keepMine: true); break;
            case ["theirs"]: await board.ResolveAsync(keepMine: false); break;
            case ["wait", .. var what]:
                var condition = ConditionOf(what);
                await WaitAsync(() => Task.FromResult(condition()), cancellationToken);
                return;
            default: throw new ScriptException($"not understood. There is:\n{Help}");
        }

        // The live query tells of a write a moment after it; the next line counts on it.
        await WaitAsync(board.IsCurrentAsync, cancellationToken);
    }

    private Func<bool> ConditionOf(string[] what) => what switch
    {
        ["synced"] => () => board.Status is { Pending: 0, Connection: SyncConnection.Online },
        ["conflict"] => () => board.Clashes.Length > 0,
        ["letter"] => () => board.Status.DeadLetters > 0,
        [var count, "tasks"] => () => board.Rows.Length == Number(count),
        [var sum, "minutes"] => () => board.Rows.Sum(static row => row.Task.Minutes) == Number(sum),
        _ => throw new ScriptException($"nothing to wait for. There is:\n{Help}"),
    };

    private async Task WaitAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var changed = new SemaphoreSlim(0);
        void OnChanged() => changed.Release();
        board.Changed += OnChanged;
        try
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            late.CancelAfter(Patience);
            while (!await condition()) await changed.WaitAsync(late.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ScriptException($"not within {Patience.TotalSeconds} s; the status is: {BoardText.Status(board.Status)}.");
        }
        finally
        {
            board.Changed -= OnChanged;
        }
    }

    private async Task ShowAsync()
    {
        for (var i = 0; i < board.Rows.Length; i++) await output.WriteLineAsync(BoardText.Line(i + 1, board.Rows[i]));
        foreach (var clash in board.Clashes) await output.WriteLineAsync($"CONFLICT mine was '{clash.Mine}'");
    }

    private async Task ShowLettersAsync(CancellationToken cancellationToken)
    {
        var letters = await board.LettersAsync(cancellationToken);
        for (var i = 0; i < letters.Count; i++) await output.WriteLineAsync(BoardText.Letter(i + 1, letters[i]));
    }

    private TaskItem TaskAt(string row) => Number(row) is > 0 and var number && number <= board.Rows.Length
        ? board.Rows[(int)number - 1].Task
        : throw new ScriptException($"there is no task {row}.");

    private async Task<DeadLetter> LetterAsync(string letter, CancellationToken cancellationToken)
    {
        var letters = await board.LettersAsync(cancellationToken);
        return Number(letter) is > 0 and var number && number <= letters.Count
            ? letters[(int)number - 1]
            : throw new ScriptException($"there is no dead letter {letter}.");
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ScriptException($"'{text}' is no number.");
}

/// <summary>Why a script ended.</summary>
internal sealed class ScriptException(string message) : Exception(message);
