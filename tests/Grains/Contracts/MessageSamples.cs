using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Tests.Contracts;

/// <summary>One of each thing that crosses a process, with every member set.</summary>
internal static class MessageSamples
{
    private static readonly Guid Id = new("01234567-89ab-cdef-0123-456789abcdef");
    private static readonly DeviceId Device = new(new Guid("11111111-2222-3333-4444-555555555555"));
    private static readonly Outcome Rejected = new(new(Id), OutcomeKind.Rejected, 7, RejectionReason.EntityGone);

    private static readonly Operation Operation = new()
    {
        Id = new(Id),
        Device = Device,
        Entity = new("tasks", "ä"),
        Kind = OperationKind.Update,
        Counter = 300,
        Base = 5,
        Seen = 6,
        Generation = 2,
        WholeDocumentCounter = 299,
        Changes = [new SetField("title", JsonValue.FromText("\"x\""), 299), new IncrementField("minutes", -3)],
        Before = [new BeforeImage("title", null)],
        Transaction = new(new(Id), 1, 2),
    };

    private static readonly EntityRow Row = new()
    {
        Key = new("tasks", "ä"),
        Sequence = 7,
        Generation = 2,
        LastEdit = new(300, Device),
        Birth = 3,
        Births = [3, 6],
        Fields = [new CounterField("minutes", -3), new PlainField("title", new(299, Device), JsonValue.FromText("\"x\""))],
        Changes = new(Device, 7, default, 0),
        Edits = new(Device, 7, default, 0),
    };

    private static readonly DeadLetter Letter = new(Operation, RejectionReason.ResolverFailed, "Exception: x", 7, 1_790_000_000_000);
    private static readonly DeviceProfile Profile = new("Ada's phone", "android", "1.2");
    private static readonly DeviceStatus Status = new(3, 60, 1);
    private static readonly DevicePosition Position = new(Device, Id, 7, 8, 1_790_000_000_002);
    private static readonly DeviceInfo Info = new(Device, Profile, Status, 1_790_000_000_000, 1_790_000_000_001, true, Position);
    private static readonly OperationRecord Record = new(
        Device, new("tasks", "ä"), OperationKind.Update, 300, Rejected, 1_790_000_000_000, true);

    public static IReadOnlyDictionary<string, object> All { get; } = new Dictionary<string, object>
    {
        ["operation-id"] = new OperationId(Id),
        ["device-id"] = Device,
        ["transaction-id"] = new TransactionId(Id),
        ["scope-id"] = ScopeId.ForUser("ada"),
        ["entity-key"] = new EntityKey("tasks", "ä"),
        ["outcome"] = Rejected,
        ["operation"] = Operation,
        ["entity-row"] = Row,
        ["stored-rows"] = StoredRows.Of([StoredRow.Of(Row)]),
        ["type-digest"] = new TypeDigest("tasks", UInt128.MaxValue - 5, 9),
        ["push-batch"] = new PushBatch(Device, [Operation], 120),
        ["operation-draft"] = new OperationDraft(Operation, 7),
        ["write-request"] = new WriteRequest([new(Operation, 7)], 120, new DeadLetter(Operation, RejectionReason.Conflict, "late", 7, 1_700_000_000_000)),
        ["push-status"] = PushStatus.CounterAhead,
        ["push-reply"] = new PushReply(PushStatus.Overloaded, [Rejected], 300, TimeSpan.FromSeconds(2), 4),
        ["device-outcome"] = new DeviceOutcome(Device, Rejected),
        ["commit-notice"] = new CommitNotice(7, true, [Row], [new(Device, Rejected)], 300, Id, [new("tasks", 5, 9)], 1_700_000_000_000),
        ["connect-reply"] = new ConnectReply(SessionStatus.Revoked, Id),
        ["subscription"] = new Subscription(7, Id),
        ["renewal"] = new Renewal(7, Id, [Device]),
        ["attempt"] = new Attempt(7, 2),
        ["merge-request"] = new MergeRequest(4, 7, 2, [new(7, 1)], [Operation], 1_790_000_000_000, 6, 3, 9),
        ["merged-operation"] = new MergedOperation(OutcomeKind.Merged, RejectionReason.None, true, "Exception: x"),
        ["merge-reply"] = new MergeReply(
            true, 6, Row, UInt128.MaxValue - 1, -1, [new(OutcomeKind.Rejected, RejectionReason.DocumentTooLarge, true)]),
        ["feed-request"] = new FeedRequest(Device, Id, 7, ["tasks", "notes"], [1, 2, 3]),
        ["feed-status"] = FeedStatus.CursorExpired,
        ["purge-report"] = new PurgeReport(3, 2, 1, 7, 5),
        ["feed-page"] = new FeedPage(FeedStatus.Ok, StoredRows.Of([StoredRow.Of(Row)]), [Rejected], true, Id, 7, 300, [1, 2, 3], [new("tasks", 5, 9)]),
        ["scan-level"] = ScanLevel.Ids,
        ["scan-request"] = new ScanRequest(Id, 7, "tasks", ScanLevel.SubBuckets, [1, 255], 3, "ä"),
        ["scan-reply"] = new ScanReply(
            FeedStatus.Ok, 7, true, 6, "ä", [new(3, UInt128.MaxValue - 3)], [new("ä", 6, UInt128.MaxValue - 4)], 9,
            new TypeDigest("tasks", 5, 9)),
        ["bucket-sum"] = new BucketSum(65_535, UInt128.MaxValue - 5),
        ["row-sum"] = new RowSum("ä", 6, UInt128.MaxValue - 6),
        ["rows-reply"] = new RowsReply(FeedStatus.Ok, 7, [Row]),
        ["session-request"] = new SessionRequest(Device, [1, 2, 3], 290, Profile, Status, Id, 12),
        ["session-status"] = SessionStatus.Cloned,
        ["session-reply"] = new SessionReply(SessionStatus.Valid, [4, 5, 6], 300, Id, 7, 2, 3, 6),
        ["device-profile"] = Profile,
        ["device-status"] = Status,
        ["device-info"] = Info,
        ["store-unavailable"] = new StoreUnavailableException("The disk is full."),
        ["store-outcome-unknown"] = new StoreOutcomeUnknownException("The connection broke."),
        ["dead-letter"] = Letter,
        ["dead-letter-position"] = DeadLetterPosition.Of(Letter),
        ["dead-letter-summary"] = DeadLetterSummary.Of(Letter),
        ["dead-letter-page"] = new DeadLetterPage([DeadLetterSummary.Of(Letter)], DeadLetterPosition.Of(Letter)),
        ["replay-request"] = new ReplayRequest(new(Id), Operation, true),
        ["replay-status"] = ReplayStatus.Exhausted,
        ["replay-reply"] = new ReplayReply(ReplayStatus.Replayed, Rejected, true, TimeSpan.FromSeconds(2)),
        ["device-position"] = Position,
        ["possession"] = Possession.Sent,
        ["device-whereabouts"] = new DeviceWhereabouts(Info, Possession.Has),
        ["operation-record"] = Record,
        ["operation-whereabouts"] = new OperationWhereabouts(Record, true, 9, 1_790_000_000_000, [new(Info, Possession.NotYet)]),
        ["device-report"] = new DeviceReport(Profile, Status, 1_790_000_000_001, Position),
    };
}
