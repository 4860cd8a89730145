using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>What the database holds of one user.</summary>
internal sealed record ServerScope(
    long Head, IReadOnlyList<JournalRow> Journal, IReadOnlyList<EntityRow> Rows, IReadOnlyDictionary<string, UInt128> Digests,
    long Horizon = 0)
{
    /// <summary>The row may have gone: it was a tombstone, and those below this sequence are purged.</summary>
    public bool MayBePurged(EntityRow? row) => row is { Deleted: true } && row.Sequence <= Horizon;
}

/// <summary>A row of the journal.</summary>
internal sealed record JournalRow(
    Guid Operation,
    Guid Device,
    long Counter,
    EntityKey Entity,
    OperationKind Kind,
    OutcomeKind Outcome,
    RejectionReason Reason,
    long Sequence,
    UInt128 ContentHash);

/// <summary>Builds scopes from rows of tables, whichever database they come from.</summary>
internal sealed class ServerScopeBuilder
{
    private const string UserPrefix = "user/";

    private readonly Dictionary<long, (string User, long Head, long Horizon)> _scopes = [];
    private readonly Dictionary<long, List<JournalRow>> _journals = [];
    private readonly Dictionary<long, List<EntityRow>> _rows = [];
    private readonly Dictionary<long, Dictionary<string, UInt128>> _digests = [];

    public void AddScope(long number, string scope, long head, long horizon) => _scopes.Add(number, (scope[UserPrefix.Length..], head, horizon));

    public void AddJournal(long scope, JournalRow row) => Of(_journals, scope).Add(row);

    public void AddRow(long scope, EntityKey key, long sequence, string document, byte[] meta) =>
        Of(_rows, scope).Add(RowEncoding.Decode(key, sequence, Encoding.UTF8.GetBytes(document), meta));

    public void AddDigest(long scope, string type, UInt128 digest) => Of(_digests, scope).Add(type, digest);

    public IReadOnlyDictionary<string, ServerScope> Build() => _scopes.ToDictionary(
        static scope => scope.Value.User,
        scope => new ServerScope(scope.Value.Head, Of(_journals, scope.Key), Of(_rows, scope.Key), Of(_digests, scope.Key), scope.Value.Horizon));

    private static T Of<T>(Dictionary<long, T> all, long scope)
        where T : new()
    {
        if (!all.TryGetValue(scope, out var one)) all.Add(scope, one = new T());
        return one;
    }
}
