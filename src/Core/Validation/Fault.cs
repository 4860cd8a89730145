namespace OrleansSync.Core;

/// <summary>What is wrong with an input. A fault is no outcome: nothing of the batch is recorded.</summary>
public enum FaultCode
{
    /// <summary>A required part is not set.</summary>
    Missing = 1,

    /// <summary>A UUID that does not have 16 bytes, or is zero.</summary>
    InvalidUuid = 2,

    /// <summary>A type or field name that is not <c>[A-Za-z_][A-Za-z0-9_]{0,63}</c>.</summary>
    InvalidName = 3,

    /// <summary>A type that the schema does not declare, where undeclared types are refused.</summary>
    UnknownType = 4,

    /// <summary>An entity id that is empty, too long, or holds control characters or lone surrogates.</summary>
    InvalidEntityId = 5,

    /// <summary>A kind that is none of create, update and delete.</summary>
    InvalidKind = 6,

    /// <summary>A number outside of its range.</summary>
    OutOfRange = 7,

    /// <summary>A delete that carries changes.</summary>
    UnexpectedChanges = 8,

    /// <summary>More fields, changes, tags or before images than an operation may carry.</summary>
    TooMany = 9,

    /// <summary>A plain field that is set or removed twice, or has two before images.</summary>
    DuplicateField = 10,

    /// <summary>A before image of a field that the operation does not change.</summary>
    UnexpectedBeforeImage = 11,

    /// <summary>A set element's text that is too long, or holds NUL or lone surrogates.</summary>
    InvalidText = 12,

    /// <summary>A membership in a transaction that cannot be.</summary>
    InvalidTransaction = 13,

    /// <summary>Not one JSON value in UTF-8.</summary>
    InvalidJson = 20,

    /// <summary>White space around a JSON value.</summary>
    SurroundingWhiteSpace = 21,

    /// <summary>A JSON value larger than the limit.</summary>
    ValueTooLarge = 22,

    /// <summary>A JSON value that is nested deeper than the limit.</summary>
    TooDeep = 23,

    /// <summary>A JSON object with one key twice.</summary>
    DuplicateKey = 24,

    /// <summary>The character NUL, written or escaped.</summary>
    NulCharacter = 25,

    /// <summary>Half of a surrogate pair, escaped; a written one is not UTF-8.</summary>
    LoneSurrogate = 26,

    /// <summary>A batch without operations.</summary>
    EmptyBatch = 40,

    /// <summary>A batch with more operations or bytes than the limit.</summary>
    BatchTooLarge = 41,

    /// <summary>A batch that is not exactly one whole transaction, though it has a part of one.</summary>
    SplitTransaction = 42,

    /// <summary>An operation id that is twice in a batch.</summary>
    DuplicateOperation = 43,

    /// <summary>Operations on one entity that are not in the order of their counters.</summary>
    CounterOrder = 44,
}

/// <summary>A fault, where it is, and one sentence for a person.</summary>
/// <param name="Code">What is wrong; stable.</param>
/// <param name="Path">The field on the wire, such as <c>changes[1].set</c>; empty: the whole.</param>
/// <param name="Message">States the rule. Never holds a user's data beyond names.</param>
public sealed record Fault(FaultCode Code, string Path, string Message)
{
    /// <summary>The same fault as seen from what encloses it.</summary>
    public Fault Within(string path) => this with { Path = Path.Length == 0 ? path : $"{path}.{Path}" };
}
