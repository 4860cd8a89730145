using System.Globalization;
using System.Text;
using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>The whole life of an operation, for a person who has to find out what went wrong with it.</summary>
internal static class OperationLife
{
    public static string Tell(UserRecord user, Guid id)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Operation {id} of user {user.User}");
        if (user.Operations.TryGetValue(id, out var operation)) text.AppendLine(Content(operation));
        foreach (var device in user.Devices)
        {
            foreach (var what in device.Events)
            {
                if (Line(what, id) is { } line) text.AppendLine(CultureInfo.InvariantCulture, $"  {what.At} {device.Name}: {line}");
            }
        }

        if (!user.Journal.TryGetValue(id, out var row))
        {
            text.AppendLine("  It is not in the journal.");
            return text.ToString();
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  In the journal: {row.Outcome} {row.Reason} at commit {row.Sequence}");
        foreach (var device in user.Devices)
        {
            var first = device.Events.OfType<Snapshot>().FirstOrDefault(snapshot => snapshot.Cursor >= row.Sequence);
            text.AppendLine(first is null
                ? $"  {device.Name} never had a cursor at {row.Sequence} or above"
                : string.Create(CultureInfo.InvariantCulture,
                    $"  {first.At} {device.Name} at cursor {first.Cursor} holds {row.Entity} of commit {first.Rows.GetValueOrDefault(row.Entity.ToString())}"));
        }

        return text.ToString();
    }

    private static string Content(Operation operation)
    {
        var changes = operation.Changes.Select(static change => change switch
        {
            SetField set => $"{set.Field} = {Encoding.UTF8.GetString(set.Value.Utf8.Span)}",
            IncrementField increment => $"{increment.Field} += {increment.Delta}",
            RemoveField remove => $"{remove.Field} removed",
            _ => change.ToString(),
        });
        return $"  {operation.Kind} {operation.Entity} at {operation.Stamp}, base {operation.Base}, seen {operation.Seen}, "
            + $"generation {operation.Generation}, transaction {operation.Transaction?.Id.ToString() ?? "none"}: {string.Join(", ", changes)}";
    }

    private static string? Line(HistoryEvent what, Guid id) => what switch
    {
        Written written when written.Operations.Contains(id) => $"written by write {written.Write}",
        Sent sent when sent.Operations.Contains(id) => $"sent ({sent.Stream}), with {sent.Operations.Count - 1} others",
        Answered answered when answered.Outcomes.FirstOrDefault(outcome => outcome.Operation == id) is { } outcome =>
            $"answered ({answered.Stream}): {outcome.Kind} {outcome.Reason} at {outcome.Sequence}",
        Ended ended when ended.DeadLetters.FirstOrDefault(letter => letter.Operation == id) is { } letter =>
            $"a dead letter: {letter.Reason} {letter.Code} {letter.Message}",
        _ => null,
    };
}
