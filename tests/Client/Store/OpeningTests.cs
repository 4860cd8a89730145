using Microsoft.Data.Sqlite;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

public sealed class OpeningTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_faults_of_the_options_are_told_at_once()
    {
        var error = await Assert.ThrowsAsync<SyncException>(() => SyncStore.OpenAsync(new SyncStoreOptions
        {
            DatabasePath = "",
            Gateway = new Uri("ftp://example.org"),
            DeviceName = new string('n', 129),
            Debounce = TimeSpan.FromMinutes(2),
            MaxAnsweredFailures = 0,
        }));

        Assert.Equal("OS2000", error.Code);
        foreach (var name in new[] { "DatabasePath", "Gateway", "Credentials", "DeviceName", "Debounce", "MaxDebounce", "MaxAnsweredFailures" })
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_keeps_its_device_and_its_rows()
    {
        Guid device;
        await using (var store = await _folder.OpenAsync())
        {
            device = store.DeviceId;
            await store.Notes().PutAsync(new Note("n1", "a"));
        }

        await using var again = await _folder.OpenAsync();
        Assert.Equal(7, device.Version);
        Assert.Equal(device, again.DeviceId);
        Assert.Equal("a", (await again.Notes().FindAsync("n1"))!.Title);
    }

    [Fact]
    public async Task Writes_are_flushed_to_the_disk_before_they_return()
    {
        await using var store = await _folder.OpenAsync();

        var (journal, synchronous) = await store.Database.RunAsync(
            context => (context.Connection.QueryFirst("PRAGMA journal_mode", static reader => reader.Text(0)), context.Connection.Number("PRAGMA synchronous")),
            CancellationToken.None);

        Assert.Equal(("wal", 2L), (journal, synchronous));
    }

    [Fact]
    public async Task A_second_store_on_the_file_is_refused_and_the_first_one_goes_on()
    {
        await using var store = await _folder.OpenAsync();

        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync());

        Assert.Equal("OS2004", error.Code);
        await store.Notes().PutAsync(new Note("n1", "a"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        var path = _folder.PathOf("app.db");
        await File.WriteAllTextAsync(path, new string('?', 5_000));

        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync());

        Assert.Equal("OS2002", error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal(new string('?', 5_000), await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused()
    {
        await using (var connection = new SqliteConnection($"Data Source={_folder.PathOf("app.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE theirs(x); PRAGMA user_version = 1;";
            await command.ExecuteNonQueryAsync();
        }

        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync());

        Assert.Equal("OS2002", error.Code);
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        using (var connection = LocalConnection.Open(_folder.PathOf("app.db"), readOnly: false)) connection.RunScript("PRAGMA user_version = 99");

        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync());

        Assert.Equal("OS2003", error.Code);
        Assert.Contains("99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_told()
    {
        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync(Path.Combine("missing", "app.db")));

        Assert.Equal("OS2001", error.Code);
    }

    [Fact]
    public async Task A_path_that_is_a_folder_is_told_and_unlocks()
    {
        Directory.CreateDirectory(_folder.PathOf("app.db"));
        var error = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync());
        Assert.Equal("OS2001", error.Code);

        Directory.Delete(_folder.PathOf("app.db"));
        await (await _folder.OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task R4_A_full_disk_is_a_clear_error_and_what_was_written_stays()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Database.RunAsync(
            context => context.Connection.Number($"PRAGMA max_page_count = {context.Connection.Number("PRAGMA page_count") + 2}"),
            CancellationToken.None);

        var written = 1;
        var error = await Assert.ThrowsAsync<SyncException>(async () =>
        {
            while (true)
            {
                await store.Notes().PutAsync(new Note($"m{written}", new string('x', 2_000)));
                written++;
            }
        });

        Assert.Equal("OS2005", error.Code);
        Assert.Equal(written, await store.Notes().CountAsync());
        Assert.Equal(written, (await store.LogAsync()).Count);
        Assert.Equal(written, store.Database.Meta.Clock);

        await store.Database.RunAsync(context => context.Connection.Number("PRAGMA max_page_count = 1000000"), CancellationToken.None);
        await store.Notes().PutAsync(new Note("n2", "room again"));
        Assert.Equal(written + 1, await store.Notes().CountAsync());
    }

    [Fact]
    public async Task A_disposed_store_says_so()
    {
        var store = await _folder.OpenAsync();
        var receipt = await store.Notes().PutAsync(new Note("n1", "a"));
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Notes().PutAsync(new Note("n1", "a")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Notes().FindAsync("n1"));
        await Assert.ThrowsAsync<TaskCanceledException>(() => receipt.Outcome);
    }

    [Fact]
    public async Task A_store_without_a_gateway_works_and_has_nothing_to_sync_with()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        var error = await Assert.ThrowsAsync<SyncException>(() => store.SyncNowAsync());

        Assert.Equal("OS1000", error.Code);
        Assert.Equal((SyncConnection.Offline, 1), (store.Status.Connection, store.Status.Pending));
    }
}
