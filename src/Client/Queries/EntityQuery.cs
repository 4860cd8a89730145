using System.Collections.Immutable;
using System.Globalization;
using OrleansSync.Client.Queries;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// A query over the live entities of one type, served by an index of <see cref="SyncStoreOptions.Indexes"/> or by the order of ids.
/// What none serves is refused when it is asked (OS3011): it would read every row. Immutable; each method answers a new query.
/// </summary>
/// <remarks>
/// The order is that of <c>OrderBy</c>, then of the further fields of the index, then of the ids' bytes. Missing fields and JSON null
/// come first, then numbers (false is 0, true is 1), then texts by their UTF-8 bytes. A range of numbers holds numbers only, a range of
/// texts texts only. Times are compared as the ISO 8601 texts they are stored as: write them in one offset, such as UTC.
/// </remarks>
/// <typeparam name="T">The app's model, or <see cref="SyncDocument"/>.</typeparam>
public sealed class EntityQuery<T>
{
    private readonly SyncCollection<T> _collection;
    private readonly QueryShape _shape;
    private readonly Func<T, bool>? _filter;
    private readonly int? _most;

    internal EntityQuery(SyncCollection<T> collection)
        : this(collection, new QueryShape(collection.Type, [], null, Descending: false), null, null)
    {
    }

    private EntityQuery(SyncCollection<T> collection, QueryShape shape, Func<T, bool>? filter, int? most) =>
        (_collection, _shape, _filter, _most) = (collection, shape, filter, most);

    /// <summary>The field is this text; <c>null</c>: it is missing or JSON null.</summary>
    public EntityQuery<T> Where(string field, string? value) => With(field, Comparison.Equal, value);

    /// <summary>The field is this number.</summary>
    public EntityQuery<T> Where(string field, long value) => With(field, Comparison.Equal, value);

    /// <summary>The field is this number.</summary>
    public EntityQuery<T> Where(string field, double value) => With(field, Comparison.Equal, value);

    /// <summary>The field is true, or false.</summary>
    public EntityQuery<T> Where(string field, bool value) => With(field, Comparison.Equal, value ? 1L : 0L);

    /// <summary>The field is this text or above it.</summary>
    public EntityQuery<T> WhereAtLeast(string field, string value) => With(field, Comparison.AtLeast, value);

    /// <summary>The field is this number or above it.</summary>
    public EntityQuery<T> WhereAtLeast(string field, long value) => With(field, Comparison.AtLeast, value);

    /// <summary>The field is this number or above it.</summary>
    public EntityQuery<T> WhereAtLeast(string field, double value) => With(field, Comparison.AtLeast, value);

    /// <summary>The field is this time or later.</summary>
    public EntityQuery<T> WhereAtLeast(string field, DateTimeOffset value) => With(field, Comparison.AtLeast, TextOf(value));

    /// <summary>The field is a text above this one.</summary>
    public EntityQuery<T> WhereAbove(string field, string value) => With(field, Comparison.Above, value);

    /// <summary>The field is a number above this one.</summary>
    public EntityQuery<T> WhereAbove(string field, long value) => With(field, Comparison.Above, value);

    /// <summary>The field is a number above this one.</summary>
    public EntityQuery<T> WhereAbove(string field, double value) => With(field, Comparison.Above, value);

    /// <summary>The field is this text or below it.</summary>
    public EntityQuery<T> WhereAtMost(string field, string value) => With(field, Comparison.AtMost, value);

    /// <summary>The field is this number or below it.</summary>
    public EntityQuery<T> WhereAtMost(string field, long value) => With(field, Comparison.AtMost, value);

    /// <summary>The field is this number or below it.</summary>
    public EntityQuery<T> WhereAtMost(string field, double value) => With(field, Comparison.AtMost, value);

    /// <summary>The field is a text below this one.</summary>
    public EntityQuery<T> WhereBelow(string field, string value) => With(field, Comparison.Below, value);

    /// <summary>The field is a number below this one.</summary>
    public EntityQuery<T> WhereBelow(string field, long value) => With(field, Comparison.Below, value);

    /// <summary>The field is a number below this one.</summary>
    public EntityQuery<T> WhereBelow(string field, double value) => With(field, Comparison.Below, value);

    /// <summary>The field is a time before this one.</summary>
    public EntityQuery<T> WhereBelow(string field, DateTimeOffset value) => With(field, Comparison.Below, TextOf(value));

    /// <summary>In the order of a field, lowest first.</summary>
    public EntityQuery<T> OrderBy(string field) => new(_collection, _shape with { OrderBy = Checked(field), Descending = false }, _filter, _most);

    /// <summary>In the order of a field, highest first.</summary>
    public EntityQuery<T> OrderByDescending(string field) => new(_collection, _shape with { OrderBy = Checked(field), Descending = true }, _filter, _most);

    /// <summary>Only those of the others' result for which this holds. Every one of that result is read for it, whatever an index says.</summary>
    public EntityQuery<T> Filter(Func<T, bool> filter)
    {
        var before = _filter;
        return new(_collection, _shape, before is null ? filter : item => before(item) && filter(item), _most);
    }

    /// <summary>At most so many, the first ones.</summary>
    public EntityQuery<T> Take(int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        return new(_collection, _shape, _filter, Math.Min(most, _most ?? most));
    }

    /// <summary>The result, as of one moment.</summary>
    /// <exception cref="SyncException">No index serves the query (OS3011); a stored document does not fit the model (OS3007).</exception>
    public async Task<IReadOnlyList<T>> ToListAsync(CancellationToken cancellationToken = default)
    {
        var plan = Plan();
        var result = new List<T>();
        await _collection.Database.ReadAsync(
            connection => connection.Scan(
                plan.Rows,
                reader =>
                {
                    var item = _collection.Codec.Decode(_collection.Key(reader.Text(0)), reader.Blob(1));
                    if (_filter is null || _filter(item)) result.Add(item);
                    return result.Count != _most;
                },
                plan.Values),
            cancellationToken);
        return result;
    }

    /// <summary>The first of the result; <c>null</c>: it is empty.</summary>
    /// <exception cref="SyncException">As <see cref="ToListAsync"/>.</exception>
    public async Task<T?> FirstAsync(CancellationToken cancellationToken = default) =>
        await Take(1).ToListAsync(cancellationToken) is [var first] ? first : default;

    /// <summary>How many there are; without a filter no document is read.</summary>
    /// <exception cref="SyncException">As <see cref="ToListAsync"/>.</exception>
    public async Task<long> CountAsync(CancellationToken cancellationToken = default)
    {
        if (_filter is not null) return (await ToListAsync(cancellationToken)).Count;
        var plan = Plan();
        var count = await _collection.Database.ReadAsync(connection => connection.Number(plan.Count, plan.Values)!.Value, cancellationToken);
        return Math.Min(count, _most ?? count);
    }

    /// <summary>
    /// The result now, and again each time it has changed: by a write of the app, by other devices, by the server's word on a write.
    /// Asked again only where a changed row is, or was, part of it; changes that come faster than they are read become one.
    /// </summary>
    /// <exception cref="SyncException">As <see cref="ToListAsync"/>.</exception>
    public IAsyncEnumerable<LiveSnapshot<T>> LiveAsync(CancellationToken cancellationToken = default) =>
        new LiveQuery<T>(_collection, Plan(), _filter, _most).RunAsync(cancellationToken);

    private QueryPlan Plan() => _shape.PlanFor(_collection.Database.Indexes);

    private EntityQuery<T> With(string field, Comparison comparison, SqlValue value) => new(
        _collection, _shape with { Conditions = _shape.Conditions.Add(new FieldCondition(Checked(field), comparison, value)) }, _filter, _most);

    // Names stand in the statement's text.
    private string Checked(string field) => FormRules.CheckName(field, Limits.Default) is null ? field : throw StoreErrors.NoField(_collection.Type, field);

    private static string TextOf(DateTimeOffset value) => value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);
}
