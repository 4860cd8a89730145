using Microsoft.Extensions.Logging.Abstractions;
using System.Collections.Immutable;
using Grpc.Core;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Push;
using OrleansSync.Grains.Contracts;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Convergence.Tests.Server;


/// <summary>
/// A gateway: the product's intake of batches and its making of pages, over simulated streams. What it does around them is
/// what the gateway's own streams do: acknowledge in order, and forward a notice only where it continues the cursor.
/// </summary>
internal sealed class SimulatedGateway(SimulatedServer server, string name, SeededScheduler scheduler, Dice dice, Faults faults)
{
    private readonly UserDouble _user = new(server, name, scheduler, dice, faults);

    public string Name => name;

    public async Task<SessionReply> HandshakeAsync(SessionRequest request)
    {
        await scheduler.DelayAsync(dice.Delay(10, 100));
        if (faults.Strikes(FaultKind.HandshakeDoubled, name))
            scheduler.After(dice.Delay(20, 4_000), () => scheduler.Start("doubled handshake", () => AgainAsync(request)));
        var reply = await _user.OpenSessionAsync(request);
        await scheduler.DelayAsync(dice.Delay(10, 100));
        if (faults.Strikes(FaultKind.HandshakeLost, name)) throw new StreamCutException();
        return reply;
    }

    public void ServePush(DeviceId device, ImmutableArray<byte> token, Duplex<Wire.OperationBatch, Wire.BatchAcknowledgement> stream) =>
        scheduler.Start("push", () => EndingAsync(stream.Down, async () =>
        {
            if (SessionErrors.OfStream(await _user.VerifyAsync(device, token)) is { } refused) throw refused;
            await new PushSession(new BatchIntake(_user.PushAsync, device, server.Schema, SimulatedServer.Limits, NullLogger.Instance), stream, faults, name).RunAsync(scheduler);
        }));

    public void ServePull(DeviceId device, ImmutableArray<byte> token, FeedRequest request, Duplex<bool, Wire.Page> stream) =>
        scheduler.Start("pull", () => EndingAsync(stream.Down, async () =>
        {
            if (SessionErrors.OfStream(await _user.VerifyAsync(device, token)) is { } refused) throw refused;
            await new WatchSession(server, device, stream, faults, name).PullAsync(request);
        }));

    public void ServeWatch(DeviceId device, ImmutableArray<byte> token, FeedRequest request, Duplex<bool, Wire.Page> stream) =>
        scheduler.Start("watch", () => EndingAsync(stream.Down, async () =>
        {
            var session = new WatchSession(server, device, stream, faults, name);
            using var listening = session.Listen(scheduler);
            if (SessionErrors.OfStream(await _user.VerifyAsync(device, token)) is { } refused) throw refused;
            await session.WatchAsync(request);
        }));

    private static async Task EndingAsync<T>(Wire<T> down, Func<Task> serve)
    {
        try
        {
            await serve();
            down.End();
        }
        catch (RpcException refused)
        {
            down.End(refused);
        }
        catch (StreamCutException)
        {
            // The device is gone.
        }
        catch (Exception exception) when (exception is TimeoutException or Grains.Storage.StoreUnavailableException)
        {
            down.End(SyncErrors.Unavailable(SyncErrors.RetryAfterFault));
        }
    }

    // Its answer goes nowhere; the device may have shaken hands again since.
    private async Task AgainAsync(SessionRequest request) =>
        await ((Task)_user.OpenSessionAsync(request)).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
