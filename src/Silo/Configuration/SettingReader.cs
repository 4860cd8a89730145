using System.Globalization;

namespace OrleansSync.Silo.Configuration;

/// <summary>Reads single values of a configuration; what does not fit is a fault that names key, value and remedy.</summary>
internal sealed class SettingReader(Faults faults)
{
    /// <summary>The children that are known, under the name as it is documented; the others are faults.</summary>
    public IEnumerable<(string Name, IConfigurationSection Section)> Children(IConfigurationSection section, params string[] known)
    {
        if (!IsSection(section)) yield break;
        foreach (var child in section.GetChildren())
        {
            var name = known.FirstOrDefault(name => string.Equals(name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (name is null) faults.Add(child.Path, child.Value, $"the key is not known; {section.Path} has {string.Join(", ", known)}.");
            else yield return (name, child);
        }
    }

    public bool IsSection(IConfigurationSection section)
    {
        if (section.Value is not { Length: > 0 } value) return true;
        faults.Add(section.Path, value, "keys are expected below it, not a value.");
        return false;
    }

    public string? Text(IConfigurationSection section)
    {
        if (!string.IsNullOrWhiteSpace(section.Value)) return section.Value;
        faults.Add(section.Path, section.Value ?? "", "give it a value, or leave the key out.");
        return null;
    }

    public bool? Flag(IConfigurationSection section)
    {
        if (bool.TryParse(section.Value, out var flag)) return flag;
        faults.Add(section.Path, section.Value ?? "", "choose true or false.");
        return null;
    }

    public long? Number(IConfigurationSection section, long min, long max)
    {
        if (long.TryParse(section.Value, out var number) && number >= min && number <= max) return number;
        faults.Add(section.Path, section.Value ?? "", $"choose a whole number from {min} to {max}.");
        return null;
    }

    public TimeSpan? Span(IConfigurationSection section, TimeSpan min, TimeSpan max)
    {
        if (TimeSpan.TryParse(section.Value, CultureInfo.InvariantCulture, out var span) && span >= min && span <= max) return span;
        faults.Add(section.Path, section.Value ?? "", $"choose a time from {min} to {max}, such as 30.00:00:00 for 30 days.");
        return null;
    }

    public T? OneOf<T>(IConfigurationSection section) where T : struct, Enum
    {
        var choices = Enum.GetNames<T>();
        var choice = choices.FirstOrDefault(choice => string.Equals(choice, section.Value, StringComparison.OrdinalIgnoreCase));
        if (choice is not null) return Enum.Parse<T>(choice);
        faults.Add(section.Path, section.Value ?? "", $"choose {string.Join(", ", choices)}.");
        return null;
    }
}
