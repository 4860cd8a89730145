using OrleansSync.Core;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Batches that wait for a round, a queue a device. A whole batch is accepted or refused, and it counts toward the bound
/// until it is answered. The only part of a change log that callers and its loop touch at once.
/// </summary>
internal sealed class PushQueue(Limits limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, Queue<PendingBatch>> _devices = [];
    private readonly Queue<DeviceId> _turns = new();
    private int _operations;
    private long _bytes;

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _turns.Count == 0;
        }
    }

    public bool TryEnqueue(PendingBatch batch)
    {
        lock (_lock)
        {
            if (_operations + batch.Count > limits.QueueOperations || _bytes + batch.Bytes > limits.QueueBytes) return false;
            _operations += batch.Count;
            _bytes += batch.Bytes;
            if (!_devices.TryGetValue(batch.Device, out var queue))
            {
                _devices.Add(batch.Device, queue = new());
                _turns.Enqueue(batch.Device);
            }

            queue.Enqueue(batch);
            return true;
        }
    }

    /// <summary>
    /// Takes whole batches, one a device in turn, up to so many operations; a first batch that is larger goes alone.
    /// </summary>
    public List<PendingBatch> Take(int operations)
    {
        var taken = new List<PendingBatch>();
        var total = 0;
        lock (_lock)
        {
            while (_turns.TryPeek(out var device))
            {
                var queue = _devices[device];
                var next = queue.Peek().Count;
                if (total + next > operations && (total > 0 || operations < limits.RoundOperations)) break;
                taken.Add(queue.Dequeue());
                total += next;
                _turns.Dequeue();
                if (queue.Count > 0) _turns.Enqueue(device);
                else _devices.Remove(device);
            }
        }

        return taken;
    }

    /// <summary>A batch was answered: its room is free again.</summary>
    public void Release(PendingBatch batch)
    {
        lock (_lock)
        {
            _operations -= batch.Count;
            _bytes -= batch.Bytes;
        }
    }
}
