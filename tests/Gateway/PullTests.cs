using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;

namespace OrleansSync.Gateway.Tests;

[Collection(SharedServerTests.Name)]
public sealed class PullTests(SharedServer shared)
{
    [Fact]
    public async Task A_new_device_of_a_new_user_pulls_one_empty_complete_page()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var page = Assert.Single((await device.PullAsync()).Pages);
        Assert.True(page.Complete);
        Assert.Equal((0, 0L, device.Welcome.Lineage), (page.Rows.Count, page.Cursor.Sequence, page.Cursor.Lineage));
    }

    [Fact]
    public async Task I5_A_pull_over_many_pages_misses_nothing_and_is_complete_once()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await CreateAsync(device, batches: 25);

        var pulled = await device.PullAsync();

        Assert.True(pulled.Pages.Count >= 3, $"2500 rows came in {pulled.Pages.Count} pages.");
        Assert.All(pulled.Pages.SkipLast(1), static page => Assert.False(page.Complete));
        Assert.True(pulled.Last.Complete);
        Assert.Equal(2_500, pulled.Rows.Select(static row => row.EntityId).Distinct().Count());
        Assert.Equal(2_500, pulled.Outcomes.Count);
        Assert.Equal(2_500, Assert.Single(pulled.Last.Digests).Rows);
    }

    [Fact]
    public async Task A_page_of_many_rows_comes_in_several_messages_of_which_the_last_says_where_it_stands()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await CreateAsync(device, batches: 6);

        var messages = (await device.PullAsync()).Pages;

        Assert.Equal([(125, true), (125, true), (125, true), (125, true), (100, false)], messages.Select(static part => (part.Rows.Count, part.Continued)));
        Assert.All(messages, static part => Assert.Single(part.Devices));
        Assert.All(messages.SkipLast(1), static part => Assert.Equal((false, true, 0), (part.Complete, part.PageToken.IsEmpty, part.Digests.Count)));
        Assert.Equal([600, 0, 0, 0, 0], messages.Select(static part => part.Outcomes.Count));
        Assert.Equal((true, 600L), (messages[^1].Complete, Assert.Single(messages[^1].Digests).Rows));
    }

    [Fact]
    public async Task A_pull_goes_on_after_a_page_with_its_token()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await CreateAsync(device, batches: 11);

        using var broken = shared.Server.Sync.Pull(new PullRequest { Session = device.Session }, device.Options());
        var ids = new List<string>();
        Page first;
        do
        {
            Assert.True(await broken.ResponseStream.MoveNext(CancellationToken.None));
            first = broken.ResponseStream.Current.Page;
            ids.AddRange(first.Rows.Select(static row => row.EntityId));
        }
        while (first.Continued);
        var goOn = new PullRequest { Session = device.Session, PageToken = first.PageToken };
        using var rest = shared.Server.Sync.Pull(goOn, device.Options());
        while (await rest.ResponseStream.MoveNext(CancellationToken.None))
        {
            ids.AddRange(rest.ResponseStream.Current.Page.Rows.Select(static row => row.EntityId));
        }

        Assert.Equal(1_100, ids.Count);
        Assert.Equal(1_100, ids.Distinct().Count());
    }

    [Fact]
    public async Task A_pull_from_a_cursor_brings_what_came_after_it_of_the_types_asked_for()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await device.PushAsync(device.Create("notes", "old", Set("text", "1")));
        var cursor = (await device.PullAsync()).Cursor;
        await device.PushAsync(device.Create("notes", "new", Set("text", "1")), device.Create("tasks", "other", Set("title", "1")));

        var pulled = await device.PullAsync(cursor, "notes");

        Assert.Equal("new", Assert.Single(pulled.Rows).EntityId);
        Assert.Equal(2, pulled.Outcomes.Count);
    }

    [Fact]
    public async Task A_delete_travels_as_a_tombstone_without_fields_but_not_to_a_device_that_starts()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await device.PushAsync(device.Create("notes", "gone", Set("text", "\"secret\"")));
        var cursor = (await device.PullAsync()).Cursor;
        await device.PushAsync(device.Delete("notes", "gone"));

        var tombstone = Assert.Single((await device.PullAsync(cursor)).Rows);

        Assert.True(tombstone.Deleted);
        Assert.Empty(tombstone.Fields);
        Assert.True(tombstone.DeletedAt > 0);
        Assert.Empty((await device.PullAsync()).Rows);
    }

    /// <summary>100 notes a batch.</summary>
    private static async Task CreateAsync(TestDevice device, int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            var operations = Enumerable.Range(0, 100).Select(i => device.Create("notes", $"n{batch:D2}{i:D2}", Set("text", "1")));
            await device.PushAsync([.. operations]);
        }
    }
}
