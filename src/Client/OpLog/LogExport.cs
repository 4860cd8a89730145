using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>Writes operations of the log as lines of JSON. Their form is public: docs/operation-log.md.</summary>
internal static class LogExport
{
    private const int PageSize = 100;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="read">Reads operations after a counter, at most so many, in log order.</param>
    /// <param name="destination">Where the lines go.</param>
    /// <param name="cancellationToken">Ends the export between two pages.</param>
    /// <returns>How many operations were written.</returns>
    public static async Task<long> WriteAsync(
        Func<long, int, Task<List<LoggedOperation>>> read, Stream destination, CancellationToken cancellationToken)
    {
        var (written, after) = (0L, 0L);
        using var buffer = new MemoryStream();
        while (true)
        {
            var page = await read(after, PageSize);
            buffer.SetLength(0);
            foreach (var operation in page)
            {
                WriteLine(buffer, operation);
                written++;
            }

            await destination.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
            if (page.Count < PageSize) return written;
            after = page[^1].Counter;
        }
    }

    private static void WriteLine(MemoryStream to, LoggedOperation logged)
    {
        using (var json = new Utf8JsonWriter(to, Relaxed)) Write(json, logged);
        to.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, LoggedOperation logged)
    {
        var operation = logged.Operation;
        json.WriteStartObject();
        json.WriteString("operation", operation.Id.Value);
        json.WriteString("device", operation.Device.Value);
        json.WriteNumber("counter", operation.Counter);
        json.WriteString("type", operation.Entity.Type);
        json.WriteString("id", operation.Entity.Id);
        json.WriteString("kind", OperationKindNames.Of(operation.Kind));
        json.WriteString("status", NameOf(logged.Status));
        json.WriteString("written_at", logged.WrittenAt);
        if (operation.Transaction is { } transaction)
        {
            json.WriteStartObject("transaction");
            json.WriteString("id", transaction.Id.Value);
            json.WriteNumber("index", transaction.Index);
            json.WriteNumber("count", transaction.Count);
            json.WriteEndObject();
        }

        if (logged.Failures > 0) json.WriteNumber("failures", logged.Failures);
        if (logged.Reason != RejectionReason.None) json.WriteString("reason", logged.Reason.ToString());
        if (logged.Code is not null) json.WriteString("code", logged.Code);
        if (logged.Message is not null) json.WriteString("message", logged.Message);
        json.WritePropertyName("changes");
        FieldChangeJson.Write(json, operation.Changes);
        json.WriteEndObject();
    }

    private static string NameOf(OperationStatus status) => status switch
    {
        OperationStatus.Pending => "pending",
        OperationStatus.Failed => "failed",
        OperationStatus.Synced => "synced",
        _ => "dead_letter",
    };
}
