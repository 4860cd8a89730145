using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>A value of a statement's parameter, without a box.</summary>
internal readonly struct SqlValue
{
    private readonly object? _reference;
    private readonly long _number;
    private readonly Kind _kind;

    private SqlValue(Kind kind, object? reference, long number = 0) =>
        (_kind, _reference, _number) = (reference is null && kind is not (Kind.Integer or Kind.Real) ? Kind.Null : kind, reference, number);

    private enum Kind
    {
        Null,
        Integer,
        Real,
        Text,
        Utf8,
        Blob,
    }

    public bool IsNull => _kind == Kind.Null;

    public bool IsText => _kind is Kind.Text or Kind.Utf8;

    public static implicit operator SqlValue(long value) => new(Kind.Integer, null, value);

    public static implicit operator SqlValue(double value) => new(Kind.Real, null, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator SqlValue(long? value) => value is { } number ? number : default(SqlValue);

    public static implicit operator SqlValue(string? value) => new(Kind.Text, value);

    public static implicit operator SqlValue(byte[]? value) => new(Kind.Blob, value);

    /// <summary>A text that is UTF-8 already.</summary>
    public static SqlValue Utf8(byte[]? value) => new(Kind.Utf8, value);

    public void BindTo(SqliteStatement statement) => _ = _kind switch
    {
        Kind.Integer => statement.Bind(_number),
        Kind.Real => statement.Bind(BitConverter.Int64BitsToDouble(_number)),
        Kind.Text => statement.Bind((string)_reference!),
        Kind.Utf8 => statement.BindUtf8((byte[])_reference!),
        Kind.Blob => statement.Bind((byte[])_reference!),
        _ => statement.BindNull(),
    };
}
