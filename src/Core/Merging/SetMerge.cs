using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>
/// An observed-remove set while the changes of one operation are merged into it: an add replaces the tags its device saw by its
/// own, a remove takes the tags its device saw; a tag that neither saw stays and holds the element.
/// </summary>
internal sealed class SetMerge
{
    private readonly List<SetEntry> _entries;

    public SetMerge(string name, ImmutableArray<SetEntry> entries)
    {
        Name = name;
        _entries = new List<SetEntry>(entries.Length + 1);
        _entries.AddRange(entries);
    }

    public string Name { get; }

    public SetFieldValue ToField() => new(Name, [.. _entries]);

    /// <returns>Whether the change stands: the element is in after an add, out after a remove.</returns>
    public bool Apply(Operation operation, FieldChange change)
    {
        if (change is AddElement add)
        {
            Replace(add.Element, add.Observed, new ElementTag(operation.Device, operation.StampOf(add).Counter, add.Index));
            return true;
        }

        var remove = (RemoveElement)change;
        return !Replace(remove.Element, remove.Observed, null);
    }

    /// <returns>Whether the element is in.</returns>
    private bool Replace(SetElement element, ImmutableArray<ElementTag> observed, ElementTag? added)
    {
        var index = Find(element);
        ImmutableArray<ElementTag> held = index >= 0 ? _entries[index].Tags : [];
        var tags = TagSet.Replace(held, observed, added);
        if (tags.IsEmpty)
        {
            if (index >= 0) _entries.RemoveAt(index);
            return false;
        }

        if (index < 0) _entries.Insert(~index, new SetEntry(element, tags));
        else if (tags != held) _entries[index] = new SetEntry(element, tags);
        return true;
    }

    private int Find(SetElement element)
    {
        int low = 0, high = _entries.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _entries[middle].Element.CompareTo(element);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
