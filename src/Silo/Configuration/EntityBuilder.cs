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

    internal IReadOnlyList<(string Field, FieldKind Kind)> Fields => _fields;

    /// <summary>Per field, the highest stamp wins. The default.</summary>
    public EntityBuilder FieldMerge() => Policy(ConflictPolicy.FieldMerge);

    /// <summary>How concurrent changes of an entity meet.</summary>
    public EntityBuilder Policy(ConflictPolicy policy)
    {
        ConflictPolicy = policy;
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
