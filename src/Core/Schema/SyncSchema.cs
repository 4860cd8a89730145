using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>How concurrent changes of an entity are resolved.</summary>
public enum ConflictPolicy
{
    /// <summary>Each field for itself: the highest stamp wins.</summary>
    FieldMerge = 1,

    /// <summary>The document as a whole: the highest stamp wins.</summary>
    LastWriterWins = 2,

    /// <summary>By a person: what meets a concurrent change waits in the conflict inbox.</summary>
    Manual = 3,

    /// <summary>Not at all: what meets a concurrent change is refused.</summary>
    Reject = 4,

    /// <summary>By the app's resolver on the server.</summary>
    Custom = 5,
}

/// <summary>What a delete does to a concurrent edit.</summary>
public enum DeletePolicy
{
    /// <summary>The higher stamp wins.</summary>
    ByTimestamp = 1,

    /// <summary>The edit stands.</summary>
    EditWins = 2,

    /// <summary>The delete stands.</summary>
    DeleteWins = 3,
}

/// <summary>How changes of a field are combined.</summary>
public enum FieldKind
{
    /// <summary>A value: the highest stamp wins.</summary>
    Plain = 1,

    /// <summary>A sum of increments.</summary>
    Counter = 2,

    /// <summary>Elements that are added and removed one by one.</summary>
    Set = 3,
}

/// <summary>Which types there are, how each resolves conflicts, and which fields are counters or sets.</summary>
public sealed class SyncSchema
{
    private byte[]? _hash;

    /// <exception cref="ArgumentException">A type is there twice, infers the kinds of its fields, or has the name of the conflict inbox.</exception>
    public SyncSchema(IEnumerable<EntitySchema> types, bool acceptUndeclared = false)
    {
        Types = types.ToImmutableSortedDictionary(static type => type.Type, static type => type, StringComparer.Ordinal);
        AcceptUndeclared = acceptUndeclared;
        if (Types.ContainsKey(ParkedOperation.Type))
            throw new ArgumentException($"The type \"{ParkedOperation.Type}\" is that of the conflict inbox and cannot be declared.", nameof(types));

        // Declared rules travel as a list of fields, so a declared type that infers would be another one elsewhere.
        if (Types.Values.FirstOrDefault(static type => type.InfersKinds) is { } inferring)
        {
            throw new ArgumentException(
                $"The type \"{inferring.Type}\" is declared, so it names its counter and set fields.", nameof(types));
        }
    }

    /// <summary>No type declared; every type accepted as field merge.</summary>
    public static SyncSchema Open { get; } = new([], acceptUndeclared: true);

    /// <summary>The declared types, by name.</summary>
    public ImmutableSortedDictionary<string, EntitySchema> Types { get; }

    /// <summary>Undeclared types are accepted as <see cref="ConflictPolicy.FieldMerge"/>, kinds taken from the changes.</summary>
    public bool AcceptUndeclared { get; }

    /// <summary>32 bytes: equal for equal rules. A device that holds them need not be sent them again.</summary>
    public ReadOnlyMemory<byte> Hash => _hash ??= SchemaEncoding.Hash(this);

    /// <summary>
    /// The type's schema, or <c>null</c> where the type is unknown and undeclared types are refused. That of the conflict inbox is always
    /// known.
    /// </summary>
    public EntitySchema? Find(string type) =>
        Types.TryGetValue(type, out var schema) ? schema
        : type == ParkedOperation.Type ? ParkedOperation.Schema
        : AcceptUndeclared ? EntitySchema.Undeclared(type) : null;
}

/// <summary>The rules of one entity type.</summary>
public sealed record EntitySchema(string Type)
{
    private static readonly ImmutableSortedDictionary<string, FieldKind> NoFields =
        ImmutableSortedDictionary.Create<string, FieldKind>(StringComparer.Ordinal);

    /// <summary>How concurrent changes are resolved.</summary>
    public ConflictPolicy Policy { get; init; } = ConflictPolicy.FieldMerge;

    /// <summary>What a delete does to a concurrent edit.</summary>
    public DeletePolicy OnDelete { get; init; } = DeletePolicy.ByTimestamp;

    /// <summary>Counter and set fields; all others are plain.</summary>
    public ImmutableSortedDictionary<string, FieldKind> Fields { get; init; } = NoFields;

    /// <summary>Field kinds are taken from the changes themselves: only for types that no schema declares.</summary>
    public bool InfersKinds { get; init; }

    /// <summary>Of a custom resolver: another number, other rules.</summary>
    public int ResolverVersion { get; init; }

    /// <summary>The rules of a type that no schema declares.</summary>
    public static EntitySchema Undeclared(string type) => new(type) { InfersKinds = true };

    /// <summary>With a counter field.</summary>
    public EntitySchema Counter(string field) => this with { Fields = Fields.SetItem(field, FieldKind.Counter) };

    /// <summary>With a set field.</summary>
    public EntitySchema Set(string field) => this with { Fields = Fields.SetItem(field, FieldKind.Set) };

    /// <summary>The kind of a declared field; plain where it is not declared.</summary>
    public FieldKind KindOf(string field) => Fields.GetValueOrDefault(field, FieldKind.Plain);
}
