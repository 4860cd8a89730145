using System.Diagnostics.CodeAnalysis;
using OrleansSync.Core;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Which entities of the scope are worth a grain: those that several of the latest rounds touched. A grain keeps the row in
/// memory for the next round; for an entity that is written once, as most are, making one costs far more than the merge.
/// Bounded: what was not touched for longest is forgotten, and starts anew.
/// </summary>
internal sealed class RecentEntities(ChangeLogOptions options)
{
    // Apart, so that a load of new entities does not push out those that are in use.
    private readonly Recent _touched = new(options.RecentEntities);
    private readonly Recent _inUse = new(options.RecentEntities);

    /// <param name="entity">An entity of the round.</param>
    /// <param name="sequence">The round's; asking again for the same one changes nothing.</param>
    /// <param name="since">From which round on every merge of the entity has gone to its grain.</param>
    /// <returns><c>true</c>: its grain merges it.</returns>
    public bool IsInUse(EntityKey entity, long sequence, out long since)
    {
        since = 0;
        if (options.TouchesBeforeGrain == 0) return true;
        since = sequence;
        if (_inUse.TryTouch(entity, out var used))
        {
            since = used.Since;
            return true;
        }

        if (!_touched.TryTouch(entity, out var touched))
        {
            _touched.Add(new Entry(entity, sequence) { Last = sequence });
            return false;
        }

        if (touched.Last != sequence) (touched.Last, touched.Touches) = (sequence, touched.Touches + 1);
        if (touched.Touches <= options.TouchesBeforeGrain) return false;
        _touched.Remove(entity);
        _inUse.Add(new Entry(entity, sequence));
        return true;
    }

    private sealed class Entry(EntityKey entity, long since)
    {
        public EntityKey Entity { get; } = entity;

        public long Since { get; } = since;

        public long Last { get; set; }

        public int Touches { get; set; } = 1;
    }

    private sealed class Recent(int capacity)
    {
        private readonly Dictionary<EntityKey, LinkedListNode<Entry>> _nodes = [];
        private readonly LinkedList<Entry> _order = [];

        public bool TryTouch(EntityKey entity, [NotNullWhen(true)] out Entry? entry)
        {
            entry = null;
            if (!_nodes.TryGetValue(entity, out var node)) return false;
            _order.Remove(node);
            _order.AddLast(node);
            entry = node.Value;
            return true;
        }

        public void Add(Entry entry)
        {
            if (_nodes.Count == capacity)
            {
                _nodes.Remove(_order.First!.Value.Entity);
                _order.RemoveFirst();
            }

            _nodes.Add(entry.Entity, _order.AddLast(entry));
        }

        public void Remove(EntityKey entity)
        {
            if (_nodes.Remove(entity, out var node)) _order.Remove(node);
        }
    }
}
