using System.Text;
using Google.Protobuf;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Core;
using OrleansSync.Protocol;

namespace OrleansSync.Cluster.Tests.Checking;

/// <summary>
/// A small run that went well, in memory: two devices, what they wrote, the journal and the rows that came of it. A test
/// then changes one thing that a fault could have changed.
/// </summary>
internal sealed class Story
{
    private readonly Dictionary<EntityKey, EntityRow> _rows = [];
    private long _clock;
    private long _writes;

    public Story()
    {
        A = new Actor("a", Guid.Parse("00000000-0000-7000-8000-00000000000a"));
        B = new Actor("b", Guid.Parse("00000000-0000-7000-8000-00000000000b"));
    }

    public Actor A { get; }

    public Actor B { get; }

    public List<JournalRow> Journal { get; } = [];

    public long Head { get; set; }

    /// <summary>The rows of the database, to be changed.</summary>
    public Dictionary<EntityKey, EntityRow> Rows => _rows;

    public static Story ThatWentWell()
    {
        var story = new Story();
        story.Write(story.A, story.Create("notes/n", new SetField("title", Json("first"))));
        story.Write(story.A, story.Create("tallies/t", new SetField("name", Json("tally"))));
        story.Look();
        story.Write(story.A, story.Update("tallies/t", new IncrementField("count", 3)));
        story.Write(story.B, story.Update("tallies/t", new IncrementField("count", 4)));
        story.Look();
        story.Write(story.B, story.Update("notes/n", new SetField("title", Json("second"))));
        story.Write(story.A, story.Create("accounts/x", new IncrementField("balance", -5)), story.Create("accounts/y", new IncrementField("balance", 5)));
        story.Look();
        story.Write(story.A, story.Create("tools/k", new SetField("name", Json("saw"))));
        story.Look();
        story.Write(story.B, story.Delete("tools/k"));
        story.Write(story.B, story.Update("accounts/x", new IncrementField("balance", 2)), story.Update("accounts/y", new IncrementField("balance", -2)));
        story.Look();
        story.End();
        return story;
    }

    public static JsonValue Json(string text) => new(Encoding.UTF8.GetBytes($"\"{text}\""));

    public Operation Create(string entity, params FieldChange[] changes) => Draft(OperationKind.Create, entity, changes);

    public Operation Update(string entity, params FieldChange[] changes) => Draft(OperationKind.Update, entity, changes);

    public Operation Delete(string entity) => Draft(OperationKind.Delete, entity, []);

    /// <summary>A device writes, sends, is answered; several operations are a transaction.</summary>
    public void Write(Actor actor, params Operation[] drafts)
    {
        var transaction = drafts.Length > 1 ? new TransactionId(Guid.CreateVersion7()) : default(TransactionId?);
        var operations = drafts.Select((draft, i) => draft with
        {
            Device = new DeviceId(actor.Device),
            Transaction = transaction is { } id ? new TransactionRef(id, i, drafts.Length) : null,
        }).ToArray();
        Head++;
        var changes = operations.Select(static operation => new Intention(operation.Entity.Type, operation.Entity.Id, operation.Kind)
        {
            Set = operation.Changes.OfType<SetField>().ToDictionary(static set => set.Field, static set => Encoding.UTF8.GetString(set.Value.Utf8.Span)),
            Increment = operation.Changes.OfType<IncrementField>().ToDictionary(static change => change.Field, static change => change.Delta),
        });
        actor.Events.Add(new Written(++_writes, [.. operations.Select(static operation => operation.Id.Value)], [.. changes]));
        foreach (var operation in operations) actor.Events.Add(new Content(operation.Id.Value, OperationMapping.ToWire(operation).ToByteArray()));
        actor.Events.Add(new Sent("push", [.. operations.Select(static operation => operation.Id.Value)]));
        var rows = operations.Select(Commit).ToArray();
        actor.Events.Add(new Answered(
            "push", [.. rows.Select(static row => new AnsweredOutcome(row.Operation, row.Outcome, row.Sequence, row.Reason))]));
        if (rows.Length == 1) actor.Events.Add(new Told(_writes, rows[0].Outcome, rows[0].Reason));
    }

    /// <summary>Both devices pull, and the app of each looks at everything.</summary>
    public void Look()
    {
        foreach (var actor in new[] { A, B })
        {
            actor.Events.Add(new Snapshot(Head, DigestText(), _rows.ToDictionary(static row => row.Key.ToString(), static row => row.Value.Sequence)));
            foreach (var type in Workloads.All.Select(static kind => kind.Schema.Type))
            {
                var live = _rows.Values.Where(row => row.Key.Type == type && !row.Deleted);
                actor.Events.Add(new Read(
                    type, live.ToDictionary(static row => row.Key.Id, static row => Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)))));
            }
        }
    }

    public void End()
    {
        foreach (var actor in new[] { A, B }) actor.Events.Add(new Ended(Head, 0, DigestText(), [.. _rows.Values.Select(Held)], []));
    }

    public static HeldRow Held(EntityRow row) => new(
        row.Key.Type, row.Key.Id, row.Sequence, Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)), RowEncoding.EncodeMeta(row));

    public JournalRow JournalOf(string entity, int index = 0) => Journal.Where(row => row.Entity.ToString() == entity).ElementAt(index);

    public void Change(JournalRow row, Func<JournalRow, JournalRow> change) => Journal[Journal.IndexOf(row)] = change(row);

    public UserRecord Build()
    {
        var digests = _rows.Values.GroupBy(static row => row.Key.Type).ToDictionary(static type => type.Key, static type => Digest.OfRows(type));
        return new UserRecord(
            "ada", [.. new[] { A, B }.Select(static actor => new DeviceRecord(actor.Name, actor.Device, actor.Events))],
            new ServerScope(Head, Journal, [.. _rows.Values], digests));
    }

    public static EntityKey Key(string entity) => new(entity.Split('/')[0], entity.Split('/')[1]);

    private string DigestText() => Digest.OfRows(_rows.Values).ToString("x32");

    private Operation Draft(OperationKind kind, string entity, FieldChange[] changes) => new()
    {
        Id = new OperationId(Guid.CreateVersion7()),
        Device = default,
        Entity = Key(entity),
        Kind = kind,
        Counter = ++_clock,
        Base = _rows.TryGetValue(Key(entity), out var row) ? row.Sequence : 0,
        Generation = row?.Generation ?? 1,
        Seen = Head,
        Changes = [.. changes],
    };

    private JournalRow Commit(Operation operation)
    {
        var context = new MergeContext(Workloads.Of(operation.Entity.Type).Schema, Head, 0, Limits.Default);
        var result = Merge.Apply(_rows.GetValueOrDefault(operation.Entity), operation, context);
        if (result.Row is { } row) _rows[operation.Entity] = row;
        var entry = new JournalRow(
            operation.Id.Value, operation.Device.Value, operation.Counter, operation.Entity, operation.Kind, result.Kind, result.Reason, Head,
            OperationEncoding.ContentHash(operation));
        Journal.Add(entry);
        return entry;
    }

    /// <summary>A device and its history, to be changed.</summary>
    internal sealed class Actor(string name, Guid device)
    {
        public string Name => name;

        public Guid Device => device;

        public List<HistoryEvent> Events { get; } = [new Opened(device, "ada", 0)];

        /// <summary>Changes the last event of a kind that fits.</summary>
        public void ChangeLast<T>(Func<T, bool> which, Func<T, T> change)
            where T : HistoryEvent
        {
            var at = Events.FindLastIndex(what => what is T candidate && which(candidate));
            Events[at] = change((T)Events[at]);
        }
    }
}
