using System.Globalization;
using System.Text;

namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>Writes commits in the language of <c>git fast-import</c>. Paths and contents hold one char per byte.</summary>
internal sealed class FastImportStream(Stream output)
{
    private const long FirstSecond = 1_600_000_000;

    private readonly StringBuilder _commit = new();
    private int _marks;

    /// <summary>Begins a commit and returns its mark; the commit's changes follow, then <see cref="EndAsync"/>.</summary>
    public int Begin(string branch, string author, string message, int from, int merge = 0)
    {
        var mark = ++_marks;
        var when = FirstSecond + 60L * mark;
        _commit.Clear();
        _commit.Append("commit refs/heads/").Append(branch).Append('\n').Append("mark :").Append(mark).Append('\n');
        _commit.Append("author ").Append(author).Append(' ').Append(when).Append(" +0000\n");
        _commit.Append("committer Generator <generator@example.org> ").Append(when).Append(" +0000\n");
        Data(message);
        if (from > 0) _commit.Append("from :").Append(from).Append('\n');
        if (merge > 0) _commit.Append("merge :").Append(merge).Append('\n');
        return mark;
    }

    public void Modify(string path, GeneratedFile file)
    {
        _commit.Append("M ").Append(file.Mode).Append(' ');
        if (file.Mode == GeneratedFile.Gitlink)
        {
            _commit.Append(file.Content).Append(' ');
            Path(path);
            return;
        }
        _commit.Append("inline ");
        Path(path);
        Data(file.Content);
    }

    public void Delete(string path)
    {
        _commit.Append("D ");
        Path(path);
    }

    public async Task EndAsync(CancellationToken cancellationToken)
    {
        _commit.Append('\n');
        await output.WriteAsync(Encoding.Latin1.GetBytes(_commit.ToString()), cancellationToken);
    }

    private void Data(string content) =>
        _commit.Append("data ").Append(content.Length).Append('\n').Append(content).Append('\n');

    // Always quoted, as in C: every byte that is not a plain letter as three octal digits.
    private void Path(string path)
    {
        _commit.Append('"');
        foreach (var value in path)
        {
            if (value is > ' ' and < (char)0x7f and not '"' and not '\\') _commit.Append(value);
            else _commit.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0').ToString(CultureInfo.InvariantCulture));
        }
        _commit.Append("\"\n");
    }
}
