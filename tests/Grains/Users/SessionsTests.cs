using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

public sealed class SessionsTests
{
    private static readonly ScopeId Scope = ScopeId.ForUser("ada");

    private readonly InMemoryStore _store = new();
    private readonly Sessions _sessions;
    private readonly DeviceId _device = new TestDevice(1).Id;

    public SessionsTests() => _sessions = new(_store, Scope, 3, new SkippingTime(), NullLogger.Instance);

    [Fact]
    public async Task A_first_handshake_registers_the_device_and_tells_where_the_scope_stands()
    {
        var reply = await OpenAsync([]);
        var state = await _store.ReadScopeAsync(Scope, CancellationToken.None);

        Assert.Equal((SessionStatus.Valid, 16), (reply.Status, reply.Token.Length));
        Assert.Equal((state!.Lineage, state.Head, state.Clock, state.Horizon), (reply.Lineage, reply.Head, reply.Clock, reply.Horizon));
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(reply.Token));
    }

    [Fact]
    public async Task R44_Nobody_has_a_session_as_server_code_and_it_counts_as_no_device()
    {
        await _store.RegisterDeviceAsync(Scope, DeviceId.Backend, new([], []), 0, CancellationToken.None);
        SessionRequest request = new(DeviceId.Backend, [], 0, DeviceProfile.Empty, DeviceStatus.Empty);
        Assert.Equal(SessionStatus.Cloned, (await _sessions.OpenAsync(request)).Status);
        Assert.Equal(SessionStatus.Unknown, await _sessions.VerifyAsync(DeviceId.Backend, [.. new byte[16]]));
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(SessionStatus.Valid, (await _sessions.OpenAsync(request with { Device = new TestDevice(i).Id })).Status);
        }
    }

    [Fact]
    public async Task R43_After_a_restore_a_device_shakes_hands_with_the_token_that_it_has_and_a_copy_that_comes_later_is_told()
    {
        var first = await OpenAsync([]);
        var copied = await OpenAsync(first.Token);
        await _store.BeginLineagesAsync([Scope], 5_000, CancellationToken.None);

        Assert.Equal(SessionStatus.Unknown, await VerifyAsync(copied.Token));
        // Of a handshake that the backup does not have.
        ImmutableArray<byte> later = [.. new byte[15], 1];
        var reply = await OpenAsync(later);
        Assert.Equal((SessionStatus.Valid, 0, 5_000), (reply.Status, reply.LostAfter, reply.LostThrough));
        Assert.Equal(SessionStatus.Cloned, (await OpenAsync(copied.Token)).Status);
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(reply.Token));
    }

    [Fact]
    public async Task R43_What_a_device_knows_of_another_lineage_raises_nothing_and_a_commit_above_the_head_begins_a_new_one()
    {
        var reply = await OpenAsync([]);
        Assert.Equal(SessionStatus.Valid, (await OpenAsync(reply.Token, 40, Guid.NewGuid(), known: 900)).Status);
        Assert.Equal((0, reply.Lineage), await StandAsync());

        var same = await OpenAsync(reply.Token, 40, reply.Lineage, known: 0);
        Assert.Equal((40, reply.Lineage), await StandAsync());

        var ahead = await OpenAsync(same.Token, 50, reply.Lineage, known: 1);
        var (doneBelow, lineage) = await StandAsync();
        Assert.Equal((SessionStatus.Valid, 40, lineage), (ahead.Status, doneBelow, ahead.Lineage));
        Assert.NotEqual(reply.Lineage, lineage);
        Assert.True(ahead.LostThrough > 0 && ahead.Head == ahead.LostThrough);

        async Task<(long DoneBelow, Guid Lineage)> StandAsync() => (
            Assert.Single(await _store.ListDevicesAsync(Scope, CancellationToken.None)).DoneBelow,
            (await _store.ReadScopeAsync(Scope, CancellationToken.None))!.Lineage);

        Task<SessionReply> OpenAsync(ImmutableArray<byte> token, long done = 0, Guid of = default, long known = 0) =>
            _sessions.OpenAsync(new SessionRequest(_device, token, done, DeviceProfile.Empty, DeviceStatus.Empty, of, known));
    }

    [Fact]
    public async Task The_store_keeps_no_token()
    {
        var reply = await OpenAsync([]);
        await VerifyAsync(reply.Token);
        var session = Assert.Single(await _store.ListDevicesAsync(Scope, CancellationToken.None)).Session;
        Assert.Equal(32, session.Proved.Length);
        Assert.NotEqual(reply.Token.AsEnumerable(), session.Proved.Take(16));
    }

    [Fact]
    public async Task A_handshake_whose_answer_was_lost_can_be_repeated()
    {
        await OpenAsync([]);
        var second = await OpenAsync([]);
        Assert.Equal(SessionStatus.Valid, second.Status);
        await OpenAsync(second.Token);
        var fourth = await OpenAsync(second.Token);
        Assert.Equal(SessionStatus.Valid, fourth.Status);
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(fourth.Token));
    }

    [Fact]
    public async Task A_pending_token_replaces_the_proved_one_once_it_is_used()
    {
        var first = await OpenAsync([]);
        var second = await OpenAsync(first.Token);
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(first.Token));
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(second.Token));
        Assert.Equal(SessionStatus.Cloned, await VerifyAsync(first.Token));
        Assert.Equal(SessionStatus.Cloned, (await OpenAsync(first.Token)).Status);
    }

    [Fact]
    public async Task A_handshake_that_arrives_late_does_not_take_away_the_token_given_after_it()
    {
        var proved = (await OpenAsync([])).Token;
        await VerifyAsync(proved);
        var held = (await OpenAsync(proved)).Token;
        // Given up by the device before, and only now here; three times.
        for (var late = 0; late < 3; late++) await OpenAsync(proved);
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(held));
        Assert.Equal(SessionStatus.Valid, (await OpenAsync(held)).Status);
    }

    [Fact]
    public async Task A_copied_database_is_told_so_on_one_of_the_two_devices()
    {
        var shared = (await OpenAsync([])).Token;
        await VerifyAsync(shared);
        var original = (await OpenAsync(shared)).Token;
        var copy = (await OpenAsync(shared)).Token;

        Assert.Equal(SessionStatus.Valid, await VerifyAsync(copy));
        Assert.Equal(SessionStatus.Cloned, await VerifyAsync(original));
        Assert.Equal(SessionStatus.Cloned, (await OpenAsync(original)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handshake_that_arrives_after_the_one_it_was_repeated_with_makes_the_device_no_copy_of_itself(bool first)
    {
        var held = first ? ImmutableArray<byte>.Empty : (await OpenAsync([])).Token;
        if (!first) await VerifyAsync(held);
        var repeated = (await OpenAsync(held)).Token;
        for (var late = 0; late < 3; late++) await OpenAsync(held);

        Assert.Equal(SessionStatus.Valid, await VerifyAsync(repeated));
        Assert.Equal(SessionStatus.Valid, (await OpenAsync(repeated)).Status);
    }

    [Fact]
    public async Task I11_Of_the_tokens_that_were_given_and_never_used_the_last_four_count()
    {
        var held = (await OpenAsync([])).Token;
        await VerifyAsync(held);
        var given = new List<ImmutableArray<byte>>();
        for (var i = 0; i < 5; i++) given.Add((await OpenAsync(held)).Token);

        Assert.Equal(SessionStatus.Cloned, await VerifyAsync(given[0]));
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(given[1]));
        Assert.Equal(SessionStatus.Cloned, await VerifyAsync(given[4]));
    }

    [Fact]
    public async Task A_known_device_without_its_token_is_a_copy()
    {
        await VerifyAsync((await OpenAsync([])).Token);
        Assert.Equal(SessionStatus.Cloned, (await OpenAsync([])).Status);
    }

    [Fact]
    public async Task I9_A_revoked_device_has_no_session()
    {
        var token = (await OpenAsync([])).Token;
        await _store.RevokeDeviceAsync(Scope, _device, CancellationToken.None);
        Assert.Equal(SessionStatus.Revoked, await VerifyAsync(token));
        Assert.Equal(SessionStatus.Revoked, (await OpenAsync(token)).Status);
    }

    [Fact]
    public async Task The_first_stream_after_a_handshake_reads_no_device_and_one_that_another_activation_has_renewed_does()
    {
        var store = new FaultyStore(_store);
        var sessions = new Sessions(store, Scope, 3, new SkippingTime(), NullLogger.Instance);
        var token = (await sessions.OpenAsync(new(_device, [], 0, DeviceProfile.Empty, DeviceStatus.Empty))).Token;
        var reads = store.DeviceReads;

        Assert.Equal(SessionStatus.Valid, await sessions.VerifyAsync(_device, token));
        Assert.Equal(reads, store.DeviceReads);
        Assert.Equal(SessionStatus.Valid, await sessions.VerifyAsync(_device, token));
        Assert.Equal(reads + 1, store.DeviceReads);

        token = (await sessions.OpenAsync(new(_device, token, 0, DeviceProfile.Empty, DeviceStatus.Empty))).Token;
        var later = (await OpenAsync(token)).Token;
        Assert.Equal(SessionStatus.Valid, await VerifyAsync(later));
        Assert.Equal(SessionStatus.Cloned, await sessions.VerifyAsync(_device, token));
    }

    [Fact]
    public async Task An_unknown_device_has_no_session()
    {
        await OpenAsync([]);
        Assert.Equal(SessionStatus.Unknown, await _sessions.VerifyAsync(new TestDevice(2).Id, [1, 2, 3]));
    }

    [Fact]
    public async Task I11_A_user_has_so_many_devices_and_a_revoked_one_makes_room()
    {
        for (var i = 1; i <= 3; i++) Assert.Equal(SessionStatus.Valid, (await OpenAsync([], i)).Status);
        Assert.Equal(SessionStatus.TooManyDevices, (await OpenAsync([], 4)).Status);
        Assert.Equal(3, (await _store.ListDevicesAsync(Scope, CancellationToken.None)).Count);
        await _store.RevokeDeviceAsync(Scope, new TestDevice(2).Id, CancellationToken.None);
        Assert.Equal(SessionStatus.Valid, (await OpenAsync([], 4)).Status);
    }

    [Fact]
    public async Task A_handshake_raises_what_the_device_has_done_with()
    {
        var token = (await OpenAsync([])).Token;
        await _sessions.OpenAsync(new(_device, token, 42, DeviceProfile.Empty, DeviceStatus.Empty));
        Assert.Equal(42, Assert.Single(await _store.ListDevicesAsync(Scope, CancellationToken.None)).DoneBelow);
    }

    private Task<SessionReply> OpenAsync(ImmutableArray<byte> token, int device = 1) =>
        _sessions.OpenAsync(new(new TestDevice(device).Id, token, 0, DeviceProfile.Empty, DeviceStatus.Empty));

    private Task<SessionStatus> VerifyAsync(ImmutableArray<byte> token) => _sessions.VerifyAsync(_device, token);
}
