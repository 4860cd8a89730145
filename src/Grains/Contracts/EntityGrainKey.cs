using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

/// <summary>
/// The key of an entity grain: scope, type and id, apart by U+001F, which none of them may contain (no control
/// characters in ids and user names; types are identifiers).
/// </summary>
public readonly record struct EntityGrainKey(ScopeId Scope, EntityKey Entity)
{
    private const char Separator = '\u001f';

    public static EntityGrainKey Parse(string key)
    {
        var first = key.IndexOf(Separator);
        var second = first < 0 ? -1 : key.IndexOf(Separator, first + 1);
        if (second < 0 || key.IndexOf(Separator, second + 1) >= 0)
        {
            throw new FormatException("An entity grain's key is scope, type and id, apart by U+001F.");
        }

        return new(new(key[..first]), new(key[(first + 1)..second], key[(second + 1)..]));
    }

    public override string ToString() => string.Concat(Scope.Value, "\u001f", Entity.Type, "\u001f") + Entity.Id;
}
