namespace OrleansSync.Samples.GitReplay.Checking;

/// <summary>What should be equal and is not: how much, and the first of it.</summary>
internal sealed class Differences(string where)
{
    private const int Shown = 10;

    private readonly List<string> _first = [];

    public string Where => where;

    public int Count { get; private set; }

    public IReadOnlyList<string> First => _first;

    public void Add(string difference)
    {
        Count++;
        if (_first.Count < Shown) _first.Add(difference);
    }
}
