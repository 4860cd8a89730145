using System.Collections.Immutable;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>
/// The user grain as a gateway reaches it: over a network that loses calls and replies, sends a batch to two owners at once,
/// or to one that is no longer the owner.
/// </summary>
internal sealed class UserDouble(SimulatedServer server, string gateway, SeededScheduler scheduler, Dice dice, Faults faults) : IUserGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<PushReply> PushAsync(PushBatch batch)
    {
        await scheduler.DelayAsync(dice.Delay(2, 30));
        if (faults.Strikes(FaultKind.PushLost, gateway)) await GiveUpAsync();
        if (faults.Strikes(FaultKind.PushDoubled, gateway)) scheduler.After(dice.Delay(5, 2_000), () => scheduler.Start("doubled push", () => AgainAsync(batch)));
        var reply = await server.Reached().PushAsync(batch);
        if (faults.Strikes(FaultKind.PushReplyLost, gateway)) await GiveUpAsync();
        await scheduler.DelayAsync(dice.Delay(2, 30));
        return reply;
    }

    public Task<SessionReply> OpenSessionAsync(SessionRequest request) => server.Reached().OpenSessionAsync(request);

    public async Task<ConnectReply> ConnectAsync(IScopeObserver observer, DeviceId device, ImmutableArray<byte> token) =>
        new(await VerifyAsync(device, token), Guid.Empty);

    /// <summary>Who listens is the simulated gateway's own matter.</summary>
    public Task<SessionStatus> VerifyAsync(DeviceId device, ImmutableArray<byte> token) => server.Reached().VerifyAsync(device, token);

    public Task<PushReply> WriteAsync(WriteRequest write) => throw new NotSupportedException();

    public Task<Subscription> SubscribeAsync(IScopeObserver observer) => throw new NotSupportedException();

    public Task UnsubscribeAsync(IScopeObserver observer) => throw new NotSupportedException();

    public Task<ImmutableArray<DeviceInfo>> ListDevicesAsync() => throw new NotSupportedException();

    public Task<Renewal> RenewAsync(IScopeObserver observer, ImmutableArray<DevicePosition> positions) => throw new NotSupportedException();

    public Task<bool> RevokeDeviceAsync(DeviceId device) => server.Reached().RevokeAsync(server.Scope, device);

    // Its answer goes nowhere.
    private async Task AgainAsync(PushBatch batch) =>
        await ((Task)server.Reached().PushAsync(batch)).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task GiveUpAsync()
    {
        await scheduler.DelayAsync(Patience);
        throw new TimeoutException("as the dice say");
    }
}
