using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>Collects what is wrong, so that a start that fails tells all of it at once.</summary>
internal sealed class Faults
{
    private readonly List<string> _lines = [];

    public void Add(string key, string? value, string remedy) =>
        _lines.Add(value is null ? $"{key}: {remedy}" : $"{key} = {value}: {remedy}");

    public void AddRange(IEnumerable<string> lines) => _lines.AddRange(lines);

    /// <exception cref="OrleansSyncConfigurationException">Something is wrong.</exception>
    public void ThrowIfAny()
    {
        if (_lines.Count > 0) throw new OrleansSyncConfigurationException(_lines);
    }
}
