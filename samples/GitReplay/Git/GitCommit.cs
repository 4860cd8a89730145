namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>A commit of the first-parent history with what it changed against its first parent.</summary>
internal sealed record GitCommit(string Id, string Author, IReadOnlyList<GitChange> Changes);

/// <summary>What a commit did to one path.</summary>
/// <param name="Path">The text of the path, see <see cref="PathText"/>.</param>
/// <param name="Kind">Added, modified, deleted, or of another type (a file became a link).</param>
/// <param name="Before">The file before the commit; meaningless where it is added.</param>
/// <param name="File">The file after the commit; meaningless where it is deleted.</param>
/// <param name="Lines">Changed lines; <c>null</c> where git was not asked for them.</param>
internal sealed record GitChange(string Path, GitChangeKind Kind, GitFile Before, GitFile File, LineCount? Lines);

internal enum GitChangeKind
{
    Added,
    Modified,
    Deleted,
    TypeChanged,
}

/// <summary>A file of a tree: six octal digits of mode, and the full id of the blob (or of a submodule's commit).</summary>
internal readonly record struct GitFile(string Mode, string Blob)
{
    public bool IsSubmodule => Mode == "160000";
}

/// <summary>Lines added and removed as <c>--numstat</c> prints them; a binary entry has none.</summary>
internal readonly record struct LineCount(long Added, long Removed, bool IsBinary);
