using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Admin;

/// <summary>
/// Replays a dead letter as a write of server code whose idempotency key is the letter's id and the number of the try. A try that was refused
/// is on record, and the next one has the next number; so whatever fails and whoever asks at the same time, at most one try is taken.
/// </summary>
/// <param name="store">Holds the letters, the journal and the rows.</param>
/// <param name="scope">Whose.</param>
/// <param name="write">The way through the scope's log.</param>
public sealed class LetterReplay(ISyncStore store, ScopeId scope, Func<WriteRequest, Task<PushReply>> write)
{
    /// <summary>How often a letter can be replayed and refused.</summary>
    public const int MaxTries = 16;

    public async Task<ReplayReply> RunAsync(ReplayRequest request)
    {
        // Each turn of it somebody's try has been put on record.
        for (var i = 0; i <= MaxTries; i++)
        {
            var (next, taken) = await TriesAsync(request.Letter);
            if (taken is { } outcome)
            {
                // Its caller may not have come to this any more.
                await store.RemoveDeadLetterAsync(scope, request.Letter, CancellationToken.None);
                return new(ReplayStatus.Replayed, outcome, Before: true, default);
            }

            if (await store.FindDeadLetterAsync(scope, request.Letter, CancellationToken.None) is null)
                return ReplayReply.Without(ReplayStatus.NotFound);
            if (next == MaxTries) break;
            var reply = await write(await DraftAsync(request, KeyOf(request.Letter, next)));
            if (reply.Status != PushStatus.Done) return ReplayReply.Without(ReplayStatus.Unavailable, reply.RetryAfter);
            // Somebody else was first, with other content.
            if (reply.Outcomes[0].Reason == RejectionReason.OperationReused) continue;
            var decided = Decisive(reply);
            if (decided.Kind == OutcomeKind.Rejected) return new(ReplayStatus.Refused, decided, Before: false, default);
            await store.RemoveDeadLetterAsync(scope, request.Letter, CancellationToken.None);
            return new(ReplayStatus.Replayed, decided, Before: false, default);
        }

        return ReplayReply.Without(ReplayStatus.Exhausted);
    }

    private static string KeyOf(OperationId letter, int number) => $"orleanssync dead letter {letter.Value:N} {number}";

    // The first that is not on record yet, or the outcome of the one that was taken.
    private async Task<(int Next, Outcome? Taken)> TriesAsync(OperationId letter)
    {
        var ids = Enumerable.Range(0, MaxTries).Select(number => WriteIds.OperationOf(scope, KeyOf(letter, number), 0)).ToArray();
        var known = (await store.FindOperationsAsync(scope, ids, CancellationToken.None)).ToDictionary(static entry => entry.Operation);
        for (var number = 0; number < MaxTries; number++)
        {
            if (!known.TryGetValue(ids[number], out var entry)) return (number, null);
            // A device that has guessed the id has used up the number, and nothing else.
            if (entry.Device == DeviceId.Backend && entry.Outcome != OutcomeKind.Rejected)
                return (number, new Outcome(entry.Operation, entry.Outcome, entry.Sequence));
        }

        return (MaxTries, null);
    }

    // A create of a device merges with what is there; a put of server code would replace it. So what is there is changed, and only what is
    // not there is made. Where that changes between the look and the commit, the try is refused and says so.
    private async Task<WriteRequest> DraftAsync(ReplayRequest request, string key)
    {
        var wanted = request.Wanted;
        var makes = wanted.Kind == OperationKind.Create || (request.AsCreate && wanted.Kind == OperationKind.Update);
        if (!makes) return Of(key, (wanted, null));
        var isThere = (await store.LoadAsync(scope, [wanted.Entity], CancellationToken.None)) is [{ Deleted: false }];
        if (isThere) return Of(key, (wanted with { Kind = OperationKind.Update }, null));
        var plain = wanted with { Kind = OperationKind.Create, Changes = [.. wanted.Changes.Where(static change => change is SetField or RemoveField)] };
        if (plain.Changes.Length == wanted.Changes.Length) return Of(key, (plain, 0));
        var rest = wanted with { Kind = OperationKind.Update, Changes = wanted.Changes.RemoveRange(plain.Changes) };
        return Of(key, (plain, 0), (rest, null));
    }

    private WriteRequest Of(string key, params (Operation Operation, long? Expected)[] wanted)
    {
        var transaction = WriteIds.TransactionOf(scope, key);
        OperationDraft[] drafts = [.. wanted.Select((one, i) => new OperationDraft(
            one.Operation with
            {
                Id = WriteIds.OperationOf(scope, key, i),
                Counter = i + 1,
                Transaction = wanted.Length > 1 ? new TransactionRef(transaction, i, wanted.Length) : null,
            },
            one.Expected))];
        return new([.. drafts], drafts.Sum(static draft => OperationEncoding.SizeOf(draft.Operation)));
    }

    // Of two operations, the one that was refused for its own sake.
    private static Outcome Decisive(PushReply reply)
    {
        foreach (var outcome in reply.Outcomes)
        {
            if (outcome.Kind == OutcomeKind.Rejected && outcome.Reason != RejectionReason.TransactionRejected) return outcome;
        }

        return reply.Outcomes[0];
    }
}
