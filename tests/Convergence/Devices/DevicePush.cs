using System.Collections.Immutable;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Server;
using OrleansSync.Core;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>Sends what is pending, a window of batches at a time, and records the acknowledgements in order.</summary>
internal sealed class DevicePush(DeviceWorld world)
{
    private static readonly HashSet<EntityKey> Nothing = [];

    public async Task RunAsync(SimulatedDevice device, Life life, Session session)
    {
        while (!session.IsOver)
        {
            await world.Scheduler.DelayAsync(world.Dice.Delay(30, 1_500));
            life.Check();
            if (session.IsOver || !device.IsOnline || life.Log.Depth().Pending == 0) continue;
            await StreamAsync(device, life, session);
            life.Check();
        }
    }

    private async Task StreamAsync(SimulatedDevice device, Life life, Session session)
    {
        await CompactAsync(device, life);
        var stream = new Duplex<Wire.OperationBatch, Wire.BatchAcknowledgement>(world.Scheduler, world.Dice);
        var unanswered = new Queue<OperationBatch>();
        world.Gateways[world.Dice.Below(world.Gateways.Count)].ServePush(device.Id, session.Token, stream);
        var ended = await DeviceStreams.RunAsync(device, life, session, stream.Cut, () => SendAsync(device, life, stream, unanswered));
        life.Check();
        OperationId[] left = [.. unanswered.SelectMany(static batch => batch.Operations).Select(static operation => operation.Id)];
        if (left.Length > 0)
        {
            await life.Log.ReturnToPendingAsync(left, CancellationToken.None);
            device.KillPoint();
        }

        if (ended) return;
        device.OnFailed(life, session);
        await world.Scheduler.DelayAsync(world.Dice.Delay(800, 8_000));
    }

    private async Task CompactAsync(SimulatedDevice device, Life life)
    {
        while (await life.Log.CompactAsync(CancellationToken.None) is { } absorbed)
        {
            life.Check();
            world.Record.Compacted(device, absorbed, id => life.Database.Read(
                connection => OperationTable.Read(connection, OperationTable.Find(connection, id)!.Counter)));
            device.Boundary(life);
            life.Check();
        }
    }

    private async Task SendAsync(
        SimulatedDevice device, Life life, Duplex<Wire.OperationBatch, Wire.BatchAcknowledgement> stream, Queue<OperationBatch> unanswered)
    {
        // A push carries what was written before it began.
        var through = life.Log.State.Clock;
        var sent = 0;
        var mayBeMore = true;
        OperationBatch? next = null;
        while (true)
        {
            while (unanswered.Count < SimulatedServer.Limits.BatchesInFlight
                && (next ?? await life.Log.TakeBatchAsync(Nothing, SimulatedServer.Limits, through, CancellationToken.None)) is { } batch)
            {
                (next, mayBeMore) = (null, batch.MayBeMore);
                unanswered.Enqueue(batch);
                device.KillPoint();
                life.Check();
                world.Record.Sent(device, batch.Operations);
                stream.Up.Send(WireMessages.WriteBatch(++sent, batch));
                if (world.Faults.Strikes(FaultKind.StreamCut, device.Name, device.Number)) stream.Cut();
                device.KillPoint();
                life.Check();
            }

            if (unanswered.Count == 0) break;
            var (any, answer) = await DeviceStreams.AnswerAsync(stream, world.Scheduler);
            life.Check();
            if (!any) throw new StreamCutException();
            var outcomes = WireMessages.ReadOutcomes(answer, unanswered.Peek());
            if (mayBeMore)
            {
                next = await life.Log.AcknowledgeAndTakeAsync(
                    outcomes, answer.Clock, Nothing, SimulatedServer.Limits, through, CancellationToken.None);
            }
            else
            {
                await life.Log.AcknowledgeAsync(outcomes, answer.Clock, CancellationToken.None);
            }

            unanswered.Dequeue();
            world.Record.Told(device, [.. outcomes.Select(static outcome => outcome.Outcome)], acknowledged: true);
            device.Boundary(life);
            life.Check();
        }

        stream.Up.End();
    }
}
