using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>
/// The changes of successive operations of one device as one list that does the same: at most one change of a plain field, a
/// counter, or an element. Counters of changes are absolute in here.
/// </summary>
internal sealed class ChangeFold(DeviceId device)
{
    private readonly List<FieldChange> _changes = [];
    private readonly Dictionary<(string Field, SetElement? Element), int> _places = [];
    private readonly Dictionary<string, FieldKind> _kinds = new(StringComparer.Ordinal);

    /// <summary>Adds an operation's changes; plain ones below the given counter are dropped.</summary>
    /// <returns><c>false</c>: the operations cannot become one.</returns>
    public bool TryAdd(Operation operation, long wholeDocumentCounter)
    {
        foreach (var change in operation.Changes)
        {
            var stamped = change with { Counter = operation.StampOf(change).Counter };
            var kind = FieldKinds.Of(stamped);
            if (kind == FieldKind.Plain && stamped.Counter < wholeDocumentCounter) continue;
            if (!_kinds.TryAdd(stamped.Field, kind) && _kinds[stamped.Field] != kind) return false;
            if (!TryPlace(stamped)) return false;
        }

        return true;
    }

    /// <summary>The changes, with a counter of their own only where it is not the operation's.</summary>
    public ImmutableArray<FieldChange> ToChanges(long counter)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>(_changes.Count);
        foreach (var change in _changes)
        {
            // The stamp of an increment or a removed element decides nothing.
            var own = change is IncrementField or RemoveElement || change.Counter == counter ? 0 : change.Counter;
            changes.Add(change.Counter == own ? change : change with { Counter = own });
        }

        return changes.MoveToImmutable();
    }

    private bool TryPlace(FieldChange change)
    {
        SetElement? element = change switch
        {
            AddElement add => add.Element,
            RemoveElement remove => remove.Element,
            _ => null,
        };
        if (_places.TryAdd((change.Field, element), _changes.Count))
        {
            _changes.Add(change);
            return true;
        }

        var place = _places[(change.Field, element)];
        var folded = Fold(_changes[place], change);
        if (folded is null) return false;
        _changes[place] = folded;
        return true;
    }

    private FieldChange? Fold(FieldChange first, FieldChange second) => (first, second) switch
    {
        (IncrementField one, IncrementField other) => Sum(one, other),
        (AddElement add, AddElement again) when Saw(again.Observed, add) => again with { Observed = Observed(add, again.Observed) },
        (AddElement add, RemoveElement remove) when Saw(remove.Observed, add) => remove with { Observed = Observed(add, remove.Observed) },
        // It was not written on top of the first, so both tags have to stand.
        (AddElement, _) => null,
        (RemoveElement remove, AddElement add) => add with { Observed = Union(remove.Observed, add.Observed) },
        (RemoveElement remove, RemoveElement again) => again with { Observed = Union(remove.Observed, again.Observed) },
        _ => second,
    };

    private static IncrementField? Sum(IncrementField first, IncrementField second)
    {
        var sum = (Int128)first.Delta + second.Delta;
        return Int128.Abs(sum) <= IncrementField.MaxDelta ? second with { Delta = (long)sum } : null;
    }

    private bool Saw(ImmutableArray<ElementTag> observed, AddElement add) => observed.Contains(TagOf(add));

    /// <summary>The tag of an add that is folded away never reaches the server.</summary>
    private ImmutableArray<ElementTag> Observed(AddElement add, ImmutableArray<ElementTag> later) =>
        Union(add.Observed, later).Remove(TagOf(add));

    private ElementTag TagOf(AddElement add) => new(device, add.Counter, add.Index);

    private static ImmutableArray<ElementTag> Union(ImmutableArray<ElementTag> first, ImmutableArray<ElementTag> second)
    {
        if (first.IsEmpty) return second;
        if (second.IsEmpty) return first;
        var tags = new SortedSet<ElementTag>(first);
        tags.UnionWith(second);
        return [.. tags];
    }
}
