using OrleansSync.Client;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>One device: a store with its own database, which syncs when it is told to and never by itself.</summary>
internal sealed class ReplayDevice : IAsyncDisposable
{
    private ReplayDevice(string name, SyncStore store)
    {
        Name = name;
        Store = store;
        Files = store.Collection(FileRow.Type, ReplayJson.Default.FileRow);
        Churn = store.Collection(ChurnRow.Type, ReplayJson.Default.ChurnRow);
    }

    public string Name { get; }

    public SyncStore Store { get; }

    public SyncCollection<FileRow> Files { get; }

    public SyncCollection<ChurnRow> Churn { get; }

    public static async Task<ReplayDevice> OpenAsync(string name, string folder, Uri gateway, string user, CancellationToken cancellationToken) =>
        new(name, await SyncStore.OpenAsync(
            new SyncStoreOptions
            {
                DatabasePath = Path.Combine(folder, name + ".db"),
                Gateway = gateway,
                Credentials = new DevelopmentCredentials(user),
                DeviceName = name,
                AutoSync = false,
            },
            cancellationToken));

    /// <summary>Makes a commit's changes to the local rows in one transaction.</summary>
    /// <param name="commit">Id of the commit.</param>
    /// <param name="changes">All of its changes, or a part of them.</param>
    /// <param name="surprise">Called for each path that is not locally what git says it was before the commit.</param>
    /// <param name="cancellationToken">Ends the wait for the local database.</param>
    public Task<WriteReceipt> WriteAsync(
        string commit, IReadOnlyList<GitChange> changes, Action<string> surprise, CancellationToken cancellationToken) =>
        Store.TransactionAsync(
            transaction =>
            {
                foreach (var change in changes) Write(transaction, commit, change, surprise);
            },
            cancellationToken);

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private void Write(SyncTransaction transaction, string commit, GitChange change, Action<string> surprise)
    {
        var id = PathText.IdOf(change.Path);
        var path = PathText.IsShortened(id) ? change.Path : null;
        GitFile? expected = change.Kind == GitChangeKind.Added ? null : change.Before;
        var held = transaction.Find(Files, id)?.File;
        if (held != expected)
            surprise($"{Name}, before commit {commit}: '{change.Path}' is {Describe(held)}, in git it is {Describe(expected)}.");

        if (change.Kind == GitChangeKind.Deleted) transaction.Delete(Files, id);
        else transaction.Put(Files, new FileRow(id, change.File.Mode, change.File.Blob, commit, path));

        if (change.Lines is not { } lines) return;
        if (transaction.Find(Churn, id) is null) transaction.Put(Churn, new ChurnRow(id, commit, path));
        transaction.Patch(Churn, id, patch => patch.Increment(ChurnRow.AddedField, lines.Added).Increment(ChurnRow.RemovedField, lines.Removed));
    }

    public static string Describe(GitFile? file) => file is { } present ? $"{present.Mode} {present.Blob}" : "absent";

    /// <summary>The token that a gateway in Development takes: the user's name.</summary>
    private sealed class DevelopmentCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) =>
            new(refused is null ? "dev:" + user : null);
    }
}
