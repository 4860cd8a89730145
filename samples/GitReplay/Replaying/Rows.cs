using System.Text.Json.Serialization;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>A file of the tree: entity type <c>files</c>, written by add and modify, deleted by delete.</summary>
/// <param name="Id">See <see cref="PathText.IdOf"/>.</param>
/// <param name="Mode">Six octal digits.</param>
/// <param name="Blob">Id of the content.</param>
/// <param name="Commit">The commit that wrote it last.</param>
/// <param name="Path">The path's text where the id is a shortened one.</param>
internal sealed record FileRow(string Id, string Mode, string Blob, string Commit, string? Path)
{
    public const string Type = "files";

    public GitFile File => new(Mode, Blob);
}

/// <summary>
/// What a path's history did to its lines: entity type <c>churn</c>, never deleted. Put writes the plain fields alone: the
/// counters are left out of a new row because nothing but increments may touch them.
/// </summary>
/// <param name="Id">See <see cref="PathText.IdOf"/>.</param>
/// <param name="Since">The commit that touched the path first, as far as its device knew.</param>
/// <param name="Path">The path's text where the id is a shortened one.</param>
/// <param name="Added">Counter.</param>
/// <param name="Removed">Counter.</param>
internal sealed record ChurnRow(string Id, string Since, string? Path, long Added = 0, long Removed = 0)
{
    public const string Type = "churn";
    public const string AddedField = "added";
    public const string RemovedField = "removed";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(FileRow))]
[JsonSerializable(typeof(ChurnRow))]
internal sealed partial class ReplayJson : JsonSerializerContext;
