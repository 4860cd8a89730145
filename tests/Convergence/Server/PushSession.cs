using Google.Protobuf;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Push;
using Encoded = OrleansSync.Protocol.Encoded;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>Takes batches while earlier ones are being committed, and acknowledges them in the order they came.</summary>
internal sealed class PushSession(
    BatchIntake intake, Duplex<Wire.OperationBatch, Wire.BatchAcknowledgement> stream, Faults faults, string gateway)
{
    private readonly Queue<TakenBatch> _taken = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _fault;
    private bool _last;

    public async Task RunAsync(SeededScheduler scheduler)
    {
        scheduler.Start("intake", TakeAsync);
        while (true)
        {
            while (_taken.TryDequeue(out var batch)) await AcknowledgeAsync(batch);
            if (_fault is not null) throw _fault;
            if (_last) return;
            await _more.Task;
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task TakeAsync()
    {
        try
        {
            for (var expected = 1L; ; expected++)
            {
                var (any, batch) = await stream.Up.NextAsync();
                if (!any) break;
                if (batch.Number != expected) throw SyncErrors.BatchNumber(batch.Number, expected);
                // As it comes off the wire.
                _taken.Enqueue(intake.Take(Encoded.OperationBatch.Parser.ParseFrom(batch.ToByteArray())));
                _more.TrySetResult();
            }
        }
#pragma warning disable CA1031 // Whatever ends the intake ends the stream, after the acknowledgements of the batches before.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _fault = exception;
        }

        _last = true;
        _more.TrySetResult();
    }

    private async Task AcknowledgeAsync(TakenBatch batch)
    {
        var reply = await batch.Reply;
        if (intake.ErrorOf(batch, reply) is { } error) throw error;
        batch.HasOutcomes = true;
        if (faults.Strikes(FaultKind.StreamCut, gateway)) stream.Cut();
        stream.Down.Send(Acknowledgements.Of(batch, reply));
    }
}
