using System.Text.Json.Serialization;
using OrleansSync.Core;

namespace OrleansSync.Chaos.History;

/// <summary>
/// One line of a device's history. What the device does stands there before it happens, what it learns before it uses it:
/// so a device that is killed between two lines has done at most what the first one announces.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(WriteBegun), "begun")]
[JsonDerivedType(typeof(Written), "written")]
[JsonDerivedType(typeof(WriteFailed), "failed")]
[JsonDerivedType(typeof(Content), "content")]
[JsonDerivedType(typeof(Sent), "sent")]
[JsonDerivedType(typeof(Answered), "answered")]
[JsonDerivedType(typeof(Told), "told")]
[JsonDerivedType(typeof(Snapshot), "snapshot")]
[JsonDerivedType(typeof(Read), "read")]
[JsonDerivedType(typeof(Logged), "logged")]
[JsonDerivedType(typeof(Ended), "ended")]
public abstract record HistoryEvent
{
    /// <summary>Milliseconds since 1970 by the machine's clock: for people, never for a check.</summary>
    public long At { get; init; }
}

/// <summary>A process opened the device's database.</summary>
public sealed record Opened(Guid Device, string User, int Process) : HistoryEvent;

/// <summary>A write of the workload begins; without <see cref="Written"/> nobody knows whether it happened.</summary>
public sealed record WriteBegun(long Write, string Kind) : HistoryEvent;

/// <summary>A write returned: from here on it must not be lost.</summary>
public sealed record Written(long Write, IReadOnlyList<Guid> Operations, IReadOnlyList<Intention> Changes) : HistoryEvent;

/// <summary>The library refused a write; nothing was written.</summary>
public sealed record WriteFailed(long Write, string Error) : HistoryEvent;

/// <summary>An operation as it leaves the device, once a process, before its first byte leaves.</summary>
/// <param name="Operation">Its id.</param>
/// <param name="Wire">The message orleanssync.v1.Operation.</param>
public sealed record Content(Guid Operation, byte[] Wire) : HistoryEvent;

/// <summary>Operations leave on a stream.</summary>
public sealed record Sent(string Stream, IReadOnlyList<Guid> Operations) : HistoryEvent;

/// <summary>Outcomes arrived on a stream, or in a page.</summary>
public sealed record Answered(string Stream, IReadOnlyList<AnsweredOutcome> Outcomes) : HistoryEvent;

/// <summary>What the server said became of an operation.</summary>
public sealed record AnsweredOutcome(Guid Operation, OutcomeKind Kind, long Sequence, RejectionReason Reason);

/// <summary>The receipt of a write completed.</summary>
public sealed record Told(long Write, OutcomeKind Kind, RejectionReason Reason) : HistoryEvent;

/// <summary>The server's rows as the device holds them at a complete cursor.</summary>
/// <param name="Cursor">The visible cursor.</param>
/// <param name="Digest">Of the live rows.</param>
/// <param name="Rows">Sequence by entity, tombstones too.</param>
public sealed record Snapshot(long Cursor, string Digest, IReadOnlyDictionary<string, long> Rows) : HistoryEvent;

/// <summary>What the app sees of a type, read in one snapshot: documents by id.</summary>
public sealed record Read(string Type, IReadOnlyDictionary<string, string> Documents) : HistoryEvent;

/// <summary>A warning or an error of the library.</summary>
public sealed record Logged(string Level, int Id, string Message) : HistoryEvent;

/// <summary>What the device holds at the end, after everything is quiet.</summary>
/// <param name="Cursor">The visible cursor.</param>
/// <param name="Pending">Operations without an outcome.</param>
/// <param name="Digest">As the store's own method tells it.</param>
/// <param name="Rows">The server's rows.</param>
/// <param name="DeadLetters">What was refused.</param>
public sealed record Ended(
    long Cursor,
    int Pending,
    string Digest,
    IReadOnlyList<HeldRow> Rows,
    IReadOnlyList<Dead> DeadLetters) : HistoryEvent;

/// <summary>A row in the two columns of its encoding.</summary>
public sealed record HeldRow(string Type, string Id, long Sequence, string Document, byte[] Meta);

/// <summary>An operation among the dead letters.</summary>
public sealed record Dead(Guid Operation, RejectionReason Reason, string? Code, string? Message);

/// <summary>What the app meant one of its operations to do. Values are JSON.</summary>
public sealed record Intention(string Type, string Id, OperationKind? Kind)
{
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, long> Increment { get; init; } = new Dictionary<string, long>();
}
