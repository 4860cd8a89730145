using System.Collections.Immutable;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.Encoded;
using Limits = OrleansSync.Core.Limits;
using Operation = OrleansSync.Core.Operation;

namespace OrleansSync.Gateway.Push;

/// <summary>
/// Checks batches and hands them to the user's change log. A batch that shares an entity with one in flight waits for it:
/// calls to a grain keep their order as a rule, but no contract says so, and order per entity is one (I3). It costs
/// nothing to devices that keep to the protocol, which never have an entity in two batches at once.
/// </summary>
internal sealed class BatchIntake(Func<PushBatch, Task<PushReply>> handOn, DeviceId device, SyncSchema schema, Limits limits, ILogger logger)
{
    private readonly List<TakenBatch> _inFlight = [];

    /// <exception cref="RpcException">The batch is malformed; nothing of it was handed on.</exception>
    public TakenBatch Take(OperationBatch batch)
    {
        var operations = Read(batch, out var bytes);
        Log.Received(logger, operations, device);
        var entities = operations.Select(static operation => operation.Entity).ToHashSet();
        _inFlight.RemoveAll(static taken => taken.HasOutcomes);
        var before = _inFlight.Where(taken => taken.Entities.Overlaps(entities)).Select(static taken => taken.Reply).ToArray();
        var push = new PushBatch(device, operations, bytes);
        var taken = new TakenBatch(batch.Number, entities, before.Length == 0 ? handOn(push) : PushAfterAsync(before, push));
        _inFlight.Add(taken);
        return taken;
    }

    /// <summary>The status that ends the stream instead of an acknowledgement; <c>null</c>: there are outcomes.</summary>
    public RpcException? ErrorOf(TakenBatch batch, PushReply reply) => reply.Status switch
    {
        PushStatus.Done => null,
        PushStatus.Overloaded => SyncErrors.QueueFull(reply.RetryAfter),
        PushStatus.DeviceRefused => SyncErrors.DeviceRevoked(),
        PushStatus.CounterAhead => SyncErrors.CounterAhead($"batch.operations[{reply.FaultIndex}].counter", reply.Clock, limits.ClockAhead),
        _ => SyncErrors.Unavailable(reply.RetryAfter),
    };

    private ImmutableArray<Operation> Read(OperationBatch batch, out int bytes)
    {
        var operations = Decode(batch);
        for (var i = 0; i < operations.Length; i++)
        {
            if (OperationRules.Check(operations[i], schema, limits) is { } broken) throw Malformed(broken.Within($"operations[{i}]"));
        }

        return BatchRules.Check(operations.AsSpan(), limits, out bytes) is { } wrong ? throw Malformed(wrong) : operations;
    }

    private ImmutableArray<Operation> Decode(OperationBatch batch)
    {
        try
        {
            return OperationReader.TryRead(batch.Operations, device, out var operations, out var fault) ? operations : throw Malformed(fault);
        }
        catch (InvalidDataException)
        {
            throw SyncErrors.MessageMalformed();
        }
    }

    private static RpcException Malformed(Fault fault) => SyncErrors.Of(fault.Within("batch"));

    /// <summary>After a batch without outcomes none that shares an entity may run: its operations may build on those.</summary>
    private async Task<PushReply> PushAfterAsync(Task<PushReply>[] before, PushBatch push)
    {
        foreach (var reply in await Task.WhenAll(before))
        {
            if (reply.Status != PushStatus.Done) return WatchedPush.NotAnswered;
        }

        return await handOn(push);
    }
}
