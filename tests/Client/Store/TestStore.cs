using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

/// <summary>A folder of its own for a test's databases, and stores without a gateway in it.</summary>
public sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-client-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public Task<SyncStore> OpenAsync(
        string name = "app.db", SyncSchema? schema = null, TimeProvider? time = null, IReadOnlyList<LocalIndex>? indexes = null,
        IReadOnlyList<string>? types = null, IReadOnlyList<string>? localTypes = null, ILoggerFactory? loggers = null) => SyncStore.OpenAsync(
        new SyncStoreOptions
        {
            DatabasePath = PathOf(name),
            Indexes = indexes ?? [],
            Types = types,
            LocalTypes = localTypes ?? [],
            Schema = schema ?? TestModel.Schema,
            TimeProvider = time ?? TimeProvider.System,
            LoggerFactory = loggers ?? NullLoggerFactory.Instance,
        });

    public void Dispose() => _folder.Delete(recursive: true);
}

public sealed record Note(
    string Id, string Title, bool Done = false, long Minutes = 0, IReadOnlyList<string>? Tags = null, string? Text = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(string))]
internal sealed partial class TestJson : JsonSerializerContext;

internal static class TestModel
{
    public static SyncSchema Schema { get; } = new(
    [
        new EntitySchema("notes").Counter("minutes").Set("tags"),
        new EntitySchema("plans") { OnDelete = DeletePolicy.EditWins }.Counter("minutes").Set("tags"),
        new EntitySchema("drafts") { OnDelete = DeletePolicy.DeleteWins }.Counter("minutes").Set("tags"),
        new EntitySchema("pages") { Policy = ConflictPolicy.LastWriterWins }.Counter("minutes").Set("tags"),
        new EntitySchema("claims") { Policy = ConflictPolicy.Manual },
    ]);

    public static SyncCollection<Note> Notes(this SyncStore store, string type = "notes") => store.Collection(type, TestJson.Default.Note);

    /// <summary>Changes with each transaction of the writer that has written something.</summary>
    public static long? Commits(this SyncStore store) => store.Database.Read(static connection => connection.Number("PRAGMA data_version"));

    /// <summary>The operations in the log, in order, whatever their status.</summary>
    public static async Task<IReadOnlyList<Operation>> LogAsync(this SyncStore store) => await store.Database.ReadAsync(
        connection => connection.Query(
            "SELECT payload FROM operations ORDER BY counter", reader => OperationEncoding.Decode(reader.Blob(0))),
        CancellationToken.None);
}
