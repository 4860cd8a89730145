using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansSync.Core;

/// <summary>
/// The fields of a generation while one operation is merged into them. The given fields are copied when the first change
/// wins, at most once.
/// </summary>
internal ref struct DocumentMerge
{
    private readonly ImmutableArray<Field> _given;
    private readonly Operation _operation;
    private Field[]? _fields;
    private int _count;
    private SetMerge? _set;

    public DocumentMerge(ImmutableArray<Field> given, Stamp documentStamp, Operation operation)
    {
        _given = given;
        _operation = operation;
        _count = given.Length;
        DocumentStamp = documentStamp;
        TookEffect = operation.Changes.IsEmpty && operation.WholeDocumentCounter == 0;
    }

    /// <summary>K, raised by the operation where it carries the whole document.</summary>
    public Stamp DocumentStamp { get; private set; }

    /// <summary>A change stands, or there was none to stand.</summary>
    public bool TookEffect { get; private set; }

    /// <returns><c>false</c>: a change is of another kind than its field; nothing may be used.</returns>
    public bool TryApply()
    {
        RaiseDocumentStamp();
        foreach (var change in _operation.Changes)
        {
            // Changes of one set tend to stand together; its entries stay open until another change comes.
            if (_set is { } open && (FieldKinds.Of(change) != FieldKind.Set || open.Name != change.Field)) CloseSet();

            var applied = change switch
            {
                SetField set => ApplyPlain(change, set.Value),
                RemoveField => ApplyPlain(change, null),
                IncrementField increment => ApplyIncrement(increment),
                AddElement or RemoveElement => ApplyElement(change),
                _ => throw new UnreachableException($"Unknown change {change.GetType().Name}."),
            };
            if (!applied) return false;
        }

        CloseSet();
        return true;
    }

    /// <summary>The merged fields; the given ones where nothing changed.</summary>
    public readonly ImmutableArray<Field> ToFields()
    {
        if (_fields is null) return _given;
        var fields = _fields;
        if (fields.Length != _count) Array.Resize(ref fields, _count);
        return ImmutableCollectionsMarshal.AsImmutableArray(fields);
    }

    /// <summary>K follows the operation's flag and drops plain fields only; counters and sets it never touches.</summary>
    private void RaiseDocumentStamp()
    {
        var whole = new Stamp(_operation.WholeDocumentCounter, _operation.Device);
        if (whole.IsNone || whole <= DocumentStamp) return;

        DocumentStamp = whole;
        TookEffect = true;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var field = At(i);
            if (field is PlainField plain && plain.Stamp < whole) continue;
            if (kept != i) Own(0)[kept] = field;
            kept++;
        }

        if (kept == _count) return;
        Own(0);
        _count = kept;
    }

    private bool ApplyPlain(FieldChange change, JsonValue? value)
    {
        var stamp = _operation.StampOf(change);
        var index = Find(change.Field);
        if (index >= 0)
        {
            if (At(index) is not PlainField held) return false;
            if (held.Stamp > stamp) return true;
        }

        if (stamp < DocumentStamp) return true;
        Put(index, new PlainField(change.Field, stamp, value));
        return true;
    }

    private bool ApplyIncrement(IncrementField change)
    {
        var index = Find(change.Field);
        Int128 held = 0;
        if (index >= 0)
        {
            if (At(index) is not CounterField counter) return false;
            held = counter.Value;
        }

        Put(index, new CounterField(change.Field, held + change.Delta));
        return true;
    }

    private bool ApplyElement(FieldChange change)
    {
        if (_set is null)
        {
            var index = Find(change.Field);
            if (index < 0) _set = new SetMerge(change.Field, []);
            else if (At(index) is SetFieldValue held) _set = new SetMerge(held.Name, held.Entries);
            else return false;
        }

        TookEffect |= _set.Apply(_operation, change);
        return true;
    }

    /// <summary>The set as a field, also where it holds nothing: a field that was touched keeps its kind.</summary>
    private void CloseSet()
    {
        if (_set is null) return;
        var effect = TookEffect;
        Put(Find(_set.Name), _set.ToField());
        TookEffect = effect;
        _set = null;
    }

    private readonly Field At(int index) => _fields is null ? _given[index] : _fields[index];

    private readonly int Find(string name)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(At(middle).Name, name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private void Put(int index, Field field)
    {
        TookEffect = true;
        if (index >= 0)
        {
            Own(0)[index] = field;
            return;
        }

        var fields = Own(1);
        index = ~index;
        Array.Copy(fields, index, fields, index + 1, _count - index);
        fields[index] = field;
        _count++;
    }

    /// <summary>An array of this merge's own with room for so many more fields.</summary>
    private Field[] Own(int more)
    {
        if (_fields is null)
        {
            // A new field is seldom alone: a create brings all of them.
            _fields = new Field[more == 0 ? _count : _count + _operation.Changes.Length];
            _given.AsSpan(0, _count).CopyTo(_fields);
        }
        else if (_fields.Length < _count + more)
        {
            Array.Resize(ref _fields, _count + _operation.Changes.Length);
        }

        return _fields;
    }
}
