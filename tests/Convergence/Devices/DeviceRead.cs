using Google.Protobuf;
using OrleansSync.Client.Transport;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Grains.Contracts;
using Encoded = OrleansSync.Protocol.Encoded;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>Pulls to the head and then watches, and begins again when a stream breaks.</summary>
internal sealed class DeviceRead(DeviceWorld world)
{
    public async Task RunAsync(SimulatedDevice device, Life life, Session session)
    {
        while (!session.IsOver)
        {
            await world.Scheduler.DelayAsync(world.Dice.Delay(30, 1_500));
            life.Check();
            if (session.IsOver || !device.IsOnline) continue;
            if (await ReadAsync(device, life, session, watch: false)) await ReadAsync(device, life, session, watch: true);
            life.Check();
            if (session.IsOver) return;
            device.OnFailed(life, session);
            await world.Scheduler.DelayAsync(world.Dice.Delay(800, 8_000));
            life.Check();
        }
    }

    private Task<bool> ReadAsync(SimulatedDevice device, Life life, Session session, bool watch)
    {
        var stream = new Duplex<bool, Wire.Page>(world.Scheduler, world.Dice);
        var gateway = world.Gateways[world.Dice.Below(world.Gateways.Count)];
        return DeviceStreams.RunAsync(device, life, session, stream.Cut, async () =>
        {
            life.Check();
            var state = life.Log.State;
            var request = new FeedRequest(device.Id, state.Lineage, state.Cursor, [], watch ? [] : [.. state.PageToken.Span]);
            if (watch) gateway.ServeWatch(device.Id, session.Token, request, stream);
            else gateway.ServePull(device.Id, session.Token, request, stream);
            await ApplyAsync(device, life, stream, watch);
        });
    }

    private async Task ApplyAsync(SimulatedDevice device, Life life, Duplex<bool, Wire.Page> stream, bool watch)
    {
        var parts = new PageParts();
        while (true)
        {
            var (any, wire) = watch ? await stream.Down.NextAsync() : await DeviceStreams.AnswerAsync(stream, world.Scheduler);
            life.Check();
            if (!any) throw new StreamCutException();
            // As it would travel: a device reads its rows out of the bytes.
            if (parts.Add(Encoded.Page.Parser.ParseFrom(wire!.ToByteString())) is not { } page) continue;
            await life.Log.ApplyPageAsync(page, CancellationToken.None);
            world.Record.Told(device, [.. page.Outcomes.Select(static outcome => outcome.Outcome)], acknowledged: false);
            world.Record.Trace.Add(device.Name, page.Complete ? "complete at" : "page", device.Number, 0, page.Complete ? page.Cursor : page.Head);
            device.Boundary(life);
            life.Check();
            if (page.Complete && !watch) return;
        }
    }
}
