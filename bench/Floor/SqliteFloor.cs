using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using System.Threading.Channels;
using Google.Protobuf;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>Group commit: one thread takes all batches that wait into one transaction, and so into one wait for the disk.</summary>
internal sealed class SqliteFloor(string file) : IFloorStore
{
    private const int QueueBound = 256;

    private const string Rows =
        """
        SELECT r.entity_id, r.seq, r.document FROM floor_users u JOIN floor_rows r ON r.user = u.id
        WHERE u.user = ? ORDER BY r.seq
        """;

    private readonly Channel<Pending> _queue =
        Channel.CreateBounded<Pending>(new BoundedChannelOptions(QueueBound) { SingleReader = true });

    private Thread? _thread;

    public Task StartAsync()
    {
        var writer = new SqliteWriter(file);
        _thread = new Thread(() => Work(writer)) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
        return Task.CompletedTask;
    }

    public async Task<Committed> PushAsync(string user, IReadOnlyList<Write> writes)
    {
        // PostgreSQL checks a document by its type; here, on the many threads and not on the one.
        foreach (var write in writes)
        {
            if (!IsJson(write.Document.Span)) throw new InvalidWriteException("document: it is not JSON in UTF-8.");
        }

        var pending = new Pending(user, writes);
        await _queue.Writer.WriteAsync(pending);
        return await pending.Done.Task;
    }

    public async IAsyncEnumerable<ReadResponse> ReadAsync(string user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var database = SqliteStatement.Open(file, "PRAGMA busy_timeout = 5000; PRAGMA query_only = 1");
        using var rows = new SqliteStatement(database, Rows);
        rows.Bind(user);
        for (var more = true; more;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = new ReadResponse();
            while (page.Rows.Count < IFloorStore.PageSize && (more = rows.Step())) page.Rows.Add(ToRow(rows));
            if (page.Rows.Count > 0) yield return page;
        }

        await Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        _thread?.Join();
        return ValueTask.CompletedTask;
    }

    private void Work(SqliteWriter writer)
    {
        using var own = writer;
        var group = new List<Pending>(QueueBound);
        var results = new List<Committed>(QueueBound);
        // The thread is this loop's own: that it blocks costs nobody anything.
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < QueueBound && _queue.Reader.TryRead(out var pending)) group.Add(pending);
            try
            {
                writer.Begin();
                foreach (var pending in group) results.Add(writer.Apply(pending.User, pending.Writes));
                writer.Commit();
                for (var i = 0; i < group.Count; i++) group[i].Done.SetResult(results[i]);
            }
            catch (InvalidOperationException exception)
            {
                writer.RollBack();
                foreach (var pending in group) pending.Done.SetException(exception);
            }

            group.Clear();
            results.Clear();
        }
    }

    private static Row ToRow(SqliteStatement rows) => new()
    {
        EntityId = Encoding.UTF8.GetString(rows.Bytes(0)),
        Sequence = rows.Int64(1),
        Document = ByteString.CopyFrom(rows.Bytes(2)),
    };

    private static bool IsJson(ReadOnlySpan<byte> document)
    {
        if (!Utf8.IsValid(document)) return false;
        var reader = new Utf8JsonReader(document);
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record Pending(string User, IReadOnlyList<Write> Writes)
    {
        // Elsewhere: what comes after a commit is not the writer's work.
        public TaskCompletionSource<Committed> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
