using OrleansSync.Conflicts;
using OrleansSync.Core;

namespace OrleansSync.Hosting;

/// <summary>Declares one entity type.</summary>
public sealed class EntityBuilder
{
    private readonly List<(string Field, FieldKind Kind)> _fields = [];

    internal EntityBuilder(string type) => Type = type;

    internal string Type { get; }

    internal ConflictPolicy ConflictPolicy { get; private set; } = ConflictPolicy.FieldMerge;

    internal DeletePolicy DeletePolicy { get; private set; } = DeletePolicy.ByTimestamp;

    internal IConflictResolver? Resolver { get; private set; }

    internal int ResolverVersion { get; private set; }

    internal IReadOnlyList<(string Field, FieldKind Kind)> Fields => _fields;

    /// <summary>Per field, the highest stamp wins. The default.</summary>
    public EntityBuilder FieldMerge() => Policy(ConflictPolicy.FieldMerge);

    /// <summary>How concurrent changes of an entity meet.</summary>
    public EntityBuilder Policy(ConflictPolicy policy)
    {
        ConflictPolicy = policy;
        return this;
    }

    /// <summary>Lets the app's resolver decide about each operation, on the silos; devices learn that there is one.</summary>
    /// <param name="version">From 1; another one where the rules are others, so that a mixed cluster can be told.</param>
    /// <typeparam name="T">It is made once, and has no state.</typeparam>
    public EntityBuilder ResolveWith<T>(int version) where T : IConflictResolver, new() => ResolveWith(new T(), version);

    /// <summary>The same with an instance.</summary>
    public EntityBuilder ResolveWith(IConflictResolver resolver, int version)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        (Resolver, ResolverVersion) = (resolver, version);
        return Policy(ConflictPolicy.Custom);
    }

    internal EntityBuilder Version(int version)
    {
        ResolverVersion = version;
        return this;
    }

    /// <summary>How a delete meets a concurrent edit. By timestamp unless said otherwise.</summary>
    public EntityBuilder OnDelete(DeletePolicy policy)
    {
        DeletePolicy = policy;
        return this;
    }

    /// <summary>A counter: a sum of increments, never set.</summary>
    public EntityBuilder Counter(string field) => Field(field, FieldKind.Counter);

    /// <summary>A set of texts or whole numbers.</summary>
    public EntityBuilder Set(string field) => Field(field, FieldKind.Set);

    internal EntityBuilder Field(string field, FieldKind kind)
    {
        _fields.Add((field, kind));
        return this;
    }
}
