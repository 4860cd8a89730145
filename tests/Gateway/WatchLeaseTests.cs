using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests;

/// <summary>Notices are hints: what is lost of them costs time, never data.</summary>
public sealed class WatchLeaseTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly CallFilter _filter = new();
    private GatewayServer _server = null!;
    private TestDevice _phone = null!;
    private TestDevice _laptop = null!;

    public async Task InitializeAsync()
    {
        _server = await GatewayServer.StartAsync(
            sync => sync.Time = _time, services: services => services.AddSingleton<IOutgoingGrainCallFilter>(_filter));
        _phone = await TestDevice.OpenAsync(_server, "ada");
        _laptop = await TestDevice.OpenAsync(_server, "ada");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task I5_A_notice_that_gets_lost_is_made_up_for_at_the_next_renewal()
    {
        using var watch = new WatchReader(_laptop.Watch());
        await watch.NextAsync();
        var lost = new TaskCompletionSource();
        _filter.On(nameof(IScopeObserver.OnCommitAsync), _ =>
        {
            lost.TrySetResult();
            return Task.CompletedTask;
        });
        await _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1")));
        await lost.Task.WaitAsync(TestDevice.Deadline);
        var next = watch.NextAsync();
        Assert.False(next.IsCompleted);

        _time.Advance(WatchHub.RenewPeriod);

        Assert.Equal("1", Assert.Single((await next.WaitAsync(TestDevice.Deadline)).Rows).EntityId);
    }

    [Fact]
    public async Task I5_A_notice_after_one_that_got_lost_brings_both_commits()
    {
        using var watch = new WatchReader(_laptop.Watch());
        await watch.NextAsync();
        var lost = new TaskCompletionSource();
        _filter.On(nameof(IScopeObserver.OnCommitAsync), context => lost.TrySetResult() ? Task.CompletedTask : context.Invoke());
        await _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1")));
        await lost.Task.WaitAsync(TestDevice.Deadline);

        await _phone.PushAsync(_phone.Create("notes", "2", TestDevice.Set("text", "2")));

        var page = await watch.NextAsync();
        Assert.Equal(["1", "2"], page.Rows.Select(static row => row.EntityId));
        Assert.Equal(2, page.Cursor.Sequence);
    }

    [Fact]
    public async Task A_watch_goes_on_over_an_activation_that_has_forgotten_its_observers()
    {
        using var watch = new WatchReader(_laptop.Watch());
        await watch.NextAsync();
        await _server.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1")));
        var next = watch.NextAsync();

        _time.Advance(WatchHub.RenewPeriod);

        Assert.Equal("1", Assert.Single((await next.WaitAsync(TestDevice.Deadline)).Rows).EntityId);
        await _phone.PushAsync(_phone.Create("notes", "2", TestDevice.Set("text", "2")));
        Assert.Equal("2", Assert.Single((await watch.NextAsync()).Rows).EntityId);
    }

    [Fact]
    public async Task I9_A_revocation_whose_notice_gets_lost_ends_the_streams_at_the_next_renewal()
    {
        using var watch = new WatchReader(_phone.Watch());
        await watch.NextAsync();
        _filter.On(nameof(IScopeObserver.OnRevokedAsync), static _ => Task.CompletedTask);
        await _server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { DeviceId = TestDevice.Wire(_phone.Id) }, _laptop.Options());
        var ended = StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "DEVICE_REVOKED", watch.NextAsync);

        _time.Advance(WatchHub.RenewPeriod);

        await ended.WaitAsync(TestDevice.Deadline);
    }

    [Fact]
    public async Task A_push_beside_an_open_watch_of_its_session_asks_the_silo_no_second_time()
    {
        using var watch = new WatchReader(_phone.Watch());
        await watch.NextAsync();
        var asked = 0;
        _filter.On(nameof(IUserGrain.ConnectAsync), context =>
        {
            Interlocked.Increment(ref asked);
            return context.Invoke();
        });

        await _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1")));
        await _laptop.PushAsync(_laptop.Create("notes", "2", TestDevice.Set("text", "1")));

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task I9_A_push_that_an_open_watch_lets_in_writes_nothing_once_its_device_is_revoked()
    {
        using var watch = new WatchReader(_phone.Watch());
        await watch.NextAsync();
        _filter.On(nameof(IScopeObserver.OnRevokedAsync), static _ => Task.CompletedTask);
        await _server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { DeviceId = TestDevice.Wire(_phone.Id) }, _laptop.Options());

        await StatusAssert.ThrowsAsync(
            StatusCode.PermissionDenied, "DEVICE_REVOKED", () => _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1"))));

        Assert.Empty((await _laptop.PullAsync()).Rows);
    }

    [Fact]
    public async Task I9_An_open_watch_lets_in_no_push_with_another_token()
    {
        using var watch = new WatchReader(_phone.Watch());
        await watch.NextAsync();
        _phone.Token = TestDevice.NewId();

        await StatusAssert.ThrowsAsync(
            StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1"))));
    }

    [Theory]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task A_renewal_that_fails_is_tried_again_whatever_it_failed_of(Type fault)
    {
        using var watch = new WatchReader(_laptop.Watch());
        await watch.NextAsync();
        _filter.On(nameof(IScopeObserver.OnCommitAsync), static _ => Task.CompletedTask);
        await _phone.PushAsync(_phone.Create("notes", "1", TestDevice.Set("text", "1")));
        var failed = new TaskCompletionSource();
        _filter.On(nameof(IUserGrain.RenewAsync), context =>
            failed.TrySetResult() ? throw (Exception)Activator.CreateInstance(fault, "The test lets the renewal fail.")! : context.Invoke());
        var next = watch.NextAsync();
        _time.Advance(WatchHub.RenewPeriod);
        await failed.Task.WaitAsync(TestDevice.Deadline);

        _time.Advance(WatchHub.RenewPeriod);

        Assert.Equal("1", Assert.Single((await next.WaitAsync(TestDevice.Deadline)).Rows).EntityId);
    }
}
