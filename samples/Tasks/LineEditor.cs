using System.Text;

namespace OrleansSync.Samples.Tasks;

/// <summary>A line that is being typed, while the rest of the screen goes on.</summary>
internal sealed class LineEditor(string prompt, string text, Func<string, Task> accept)
{
    private const int Longest = 200;

    private readonly StringBuilder _text = new(text);

    public string Shown => $"{prompt}{_text}▏";

    /// <summary>True: the line is done with.</summary>
    public async Task<bool> TypeAsync(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Escape: return true;
            case ConsoleKey.Enter when _text.ToString().Trim() is { Length: > 0 } line: await accept(line); return true;
            case ConsoleKey.Enter: return true;
            case ConsoleKey.Backspace when _text.Length > 0: _text.Length--; return false;
            default:
                if (!char.IsControl(key.KeyChar) && _text.Length < Longest) _text.Append(key.KeyChar);
                return false;
        }
    }
}
