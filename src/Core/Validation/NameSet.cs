using System.Runtime.CompilerServices;

namespace OrleansSync.Core;

/// <summary>
/// Distinct names. Few, which is nearly always, are compared one by one and need no memory of their own; more are hashed. Pass it by
/// reference.
/// </summary>
internal struct NameSet
{
    private const int Few = 16;

    private Buffer _few;
    private HashSet<string>? _many;

    public int Count { get; private set; }

    public readonly bool Contains(string name)
    {
        if (_many is not null) return _many.Contains(name);
        for (var i = 0; i < Count; i++)
        {
            if (_few[i] == name) return true;
        }

        return false;
    }

    /// <returns><c>false</c>: it is there already.</returns>
    public bool Add(string name)
    {
        if (Contains(name)) return false;
        if (Count == Few) _many = new HashSet<string>(_few[..].ToArray(), StringComparer.Ordinal);
        if (Count >= Few) _many!.Add(name);
        else _few[Count] = name;
        Count++;
        return true;
    }

    [InlineArray(Few)]
    private struct Buffer
    {
        private string _name;
    }
}
