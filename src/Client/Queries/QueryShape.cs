using System.Collections.Immutable;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Queries;

/// <summary>A condition on one field.</summary>
internal readonly record struct FieldCondition(string Field, Comparison Comparison, SqlValue Value);

/// <summary>How a field is compared.</summary>
internal enum Comparison
{
    Equal,
    AtLeast,
    Above,
    AtMost,
    Below,
}

/// <summary>
/// What a query asks for, and the statements that answer it. Each names the index that has to serve it, so that SQLite would rather fail
/// than read the whole table.
/// </summary>
internal sealed record QueryShape(string Type, ImmutableArray<FieldCondition> Conditions, string? OrderBy, bool Descending)
{
    /// <summary>The statements of this query.</summary>
    /// <exception cref="SyncException">No declared index serves it (OS3011).</exception>
    public QueryPlan PlanFor(IReadOnlyCollection<LocalIndex> indexes)
    {
        string[] equal = [.. Conditions.Where(static one => one.Comparison == Comparison.Equal).Select(static one => one.Field).Distinct()];
        string[] ranged = [.. Conditions.Where(static one => one.Comparison != Comparison.Equal).Select(static one => one.Field).Distinct()];
        if (ranged.Length > 1) throw StoreErrors.QueryTwoRanges(Type, ranged[0], ranged[1]);
        var next = ranged.FirstOrDefault() ?? OrderBy;
        if (OrderBy is not null && OrderBy != next) throw StoreErrors.QueryOrder(Type, ranged[0], OrderBy);
        // The key (type, id) serves what names no field.
        if (equal.Length == 0 && next is null) return new QueryPlan(Type, [], "", [], Direction);

        var index = indexes.FirstOrDefault(one => Serves(one, equal, next))
            ?? throw StoreErrors.NoIndex(new LocalIndex(Type, [.. equal, .. next is null || equal.Contains(next) ? [] : new[] { next }]));
        return new QueryPlan(Type, Conditions, $" INDEXED BY \"{IndexTable.NameOf(index)}\"", [.. index.Fields.Skip(equal.Length)], Direction);
    }

    private string Direction => Descending ? " DESC" : "";

    private bool Serves(LocalIndex index, string[] equal, string? next) =>
        index.Type == Type
        && index.Fields.Length >= equal.Length
        && index.Fields.Take(equal.Length).All(equal.Contains)
        && (next is null || equal.Contains(next) || index.Fields.ElementAtOrDefault(equal.Length) == next);
}

/// <summary>The statements of a query, with the values of its conditions.</summary>
internal sealed class QueryPlan
{
    private readonly SqlValue[] _values;

    public QueryPlan(string type, ImmutableArray<FieldCondition> conditions, string indexedBy, string[] orderBy, string direction)
    {
        var (texts, values) = (new List<string>(), new List<SqlValue>());
        foreach (var condition in conditions) Add(condition, texts, values);
        var where = string.Concat(texts.Select(static text => $" AND {text}"));
        var live = IndexTable.LiveOf(type);
        var order = string.Concat(orderBy.Select(field => $"{IndexTable.ValueOf(field)}{direction}, "));
        var same = string.Concat(orderBy.Select(static field => $" AND {IndexTable.ValueOf(field)} IS {IndexTable.ValueOf(field, "?1")}"));
        Rows = $"SELECT id, fields, pending FROM entities{indexedBy} WHERE {live}{where} ORDER BY {order}id{direction}";
        Count = $"SELECT count(*) FROM entities{indexedBy} WHERE {live}{where}";
        Row = $"SELECT fields, pending, ?1 IS NOT NULL{same} FROM entities WHERE {live}{where} AND id = ?";
        _values = [.. values];
    }

    /// <summary>Ids, documents, and whether operations of this device lie over the server's row; in order.</summary>
    public string Rows { get; }

    /// <summary>How many there are.</summary>
    public string Count { get; }

    /// <summary>
    /// One entity, if it is among them: its document, whether it is pending, and whether it stands where the document of the first parameter
    /// (NULL: none) did. The values follow, then its id.
    /// </summary>
    public string Row { get; }

    public ReadOnlySpan<SqlValue> Values => _values;

    private static void Add(FieldCondition condition, List<string> texts, List<SqlValue> values)
    {
        var field = IndexTable.ValueOf(condition.Field);
        if (condition.Comparison == Comparison.Equal && condition.Value.IsNull)
        {
            texts.Add($"{field} IS NULL");
            return;
        }

        var comparison = condition.Comparison switch
        {
            Comparison.Equal => "=",
            Comparison.AtLeast => ">=",
            Comparison.Above => ">",
            Comparison.AtMost => "<=",
            _ => "<",
        };
        texts.Add($"{field} {comparison} ?");
        values.Add(condition.Value);
        // To SQLite every text is above every number: a range of one does not reach into the other.
        if (condition.Comparison is Comparison.AtLeast or Comparison.Above && !condition.Value.IsText) texts.Add($"{field} < ''");
        if (condition.Comparison is Comparison.AtMost or Comparison.Below && condition.Value.IsText) texts.Add($"{field} >= ''");
    }
}
