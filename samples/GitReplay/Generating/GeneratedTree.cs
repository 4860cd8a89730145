using System.Diagnostics.CodeAnalysis;

namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>A file as the generator knows it; <paramref name="Content"/> holds one char per byte.</summary>
internal sealed record GeneratedFile(string Mode, string Content)
{
    public const string Plain = "100644";
    public const string Executable = "100755";
    public const string Link = "120000";
    public const string Gitlink = "160000";

    /// <summary>Text that a commit can change line by line.</summary>
    public bool IsText => Mode is Plain or Executable && !Content.Contains('\0', StringComparison.Ordinal);
}

/// <summary>The files at a branch's tip, in an order that depends on nothing but the history.</summary>
internal sealed class GeneratedTree
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GeneratedFile> _files = new(StringComparer.Ordinal);
    private readonly List<string> _paths = [];

    public IReadOnlyList<string> Paths => _paths;

    public GeneratedFile this[string path] => _files[path];

    public bool TryGet(string path, [NotNullWhen(true)] out GeneratedFile? file) => _files.TryGetValue(path, out file);

    /// <summary>Whether no file stands where the path needs a folder, and no folder where it needs a file.</summary>
    public bool HasRoomFor(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            if (_files.ContainsKey(path[..slash])) return false;
        return !_paths.Exists(other => other.Length > path.Length && other[path.Length] == '/' && other.StartsWith(path, StringComparison.Ordinal));
    }

    public void Put(string path, GeneratedFile file)
    {
        if (!_files.ContainsKey(path))
        {
            _positions[path] = _paths.Count;
            _paths.Add(path);
        }
        _files[path] = file;
    }

    public bool Remove(string path)
    {
        if (!_files.Remove(path)) return false;
        var position = _positions[path];
        _positions.Remove(path);
        var last = _paths[^1];
        _paths.RemoveAt(_paths.Count - 1);
        if (last == path) return true;
        _paths[position] = last;
        _positions[last] = position;
        return true;
    }
}
