using System.Text.Json.Serialization;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Testing;

namespace TaskApp.Tests;

public sealed record TaskItem(string Id, string Title, bool Done = false, long Minutes = 0);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TaskItem))]
public sealed partial class AppJson : JsonSerializerContext;

public sealed class TaskSyncTests : IAsyncLifetime
{
    private SyncWorld _world = null!;
    private SyncDevice _phone = null!;
    private SyncDevice _laptop = null!;

    public async Task InitializeAsync()
    {
        _world = await SyncWorld.StartAsync(sync => sync.Entity("tasks").FieldMerge().Counter("minutes"));
        _phone = await _world.AddDeviceAsync("phone", user: "ann");
        _laptop = await _world.AddDeviceAsync("laptop", user: "ann");
        await Tasks(_phone).PutAsync(new TaskItem("t-1", "Fix pump"));
        await _world.ConvergeAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Offline_edits_of_different_fields_merge()
    {
        await _phone.GoOfflineAsync();
        await _laptop.GoOfflineAsync();
        await Tasks(_phone).UpdateAsync("t-1", task => task with { Done = true });
        await Tasks(_laptop).UpdateAsync("t-1", task => task with { Title = "Fix the pump" });

        await _phone.GoOnlineAsync();
        await _laptop.GoOnlineAsync();
        await _world.ConvergeAsync();

        Assert.Equal(new TaskItem("t-1", "Fix the pump", Done: true), await Tasks(_phone).FindAsync("t-1"));
        await _world.AssertIdenticalAsync("ann");
    }

    [Fact]
    public async Task A_lost_acknowledgement_counts_once()
    {
        _phone.LoseNextAcknowledgement();
        await Tasks(_phone).PatchAsync("t-1", patch => patch.Increment("minutes", 15));
        await _world.AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(1, _phone.Store.Status.Pending);

        await _world.ConvergeAsync();

        Assert.Equal(15, (await Tasks(_laptop).FindAsync("t-1"))!.Minutes);
        await _world.AssertIdenticalAsync("ann");
    }

    [Fact]
    public async Task An_edit_that_is_newer_than_a_delete_brings_the_task_back()
    {
        await _phone.GoOfflineAsync();
        await Tasks(_laptop).DeleteAsync("t-1");
        // "Newer" counts writes, not hours: the second one here comes after the laptop's one.
        await Tasks(_phone).UpdateAsync("t-1", task => task with { Title = "Fix the pump" });
        await Tasks(_phone).UpdateAsync("t-1", task => task with { Done = true });

        await _phone.GoOnlineAsync();
        await _world.ConvergeAsync();

        Assert.True((await Tasks(_laptop).FindAsync("t-1"))!.Done);
        await _world.AssertIdenticalAsync("ann");
    }

    [Fact]
    public async Task A_push_leaves_three_seconds_after_the_last_write_and_a_sync_comes_every_quarter_of_an_hour()
    {
        var written = await Tasks(_phone).UpdateAsync("t-1", task => task with { Done = true });
        await _world.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.False(written.Outcome.IsCompleted);
        await _world.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(OutcomeKind.Applied, (await written.Outcome).Kind);

        await _world.AdvanceAsync(TimeSpan.FromMinutes(15));
        Assert.InRange(_world.Time.GetUtcNow() - _phone.Store.Status.LastSynced!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    private static SyncCollection<TaskItem> Tasks(SyncDevice device) => device.Store.Collection("tasks", AppJson.Default.TaskItem);
}
