using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansSync.Core;

/// <summary>The canonical encoding of an operation: what is hashed, what a device stores, what crosses between silos.</summary>
public static class OperationEncoding
{
    private const byte Version = 1;
    private const int SizeHint = 512;

    private const byte SetTag = 1;
    private const byte RemoveTag = 2;
    private const byte IncrementTag = 3;
    private const byte AddElementTag = 4;
    private const byte RemoveElementTag = 5;

    /// <exception cref="ArgumentException">A text has a lone surrogate; validated operations have none.</exception>
    public static byte[] Encode(Operation operation) => Encoded(operation, static bytes => bytes.ToArray());

    /// <summary>Size of the encoding in bytes: what the limits of a batch count.</summary>
    /// <exception cref="ArgumentException">A text has a lone surrogate; validated operations have none.</exception>
    public static int SizeOf(Operation operation) => Encoded(operation, static bytes => bytes.Length);

    /// <summary>First 16 bytes of SHA-256 over the encoding, big-endian: tells a repeated operation from a reused id.</summary>
    /// <exception cref="ArgumentException">A text has a lone surrogate; validated operations have none.</exception>
    public static UInt128 ContentHash(Operation operation) => Encoded(operation, static bytes => Hash128(bytes));

    /// <summary>Values in the result are slices of <paramref name="bytes"/>: do not reuse them.</summary>
    /// <exception cref="FormatException">The bytes are no encoded operation.</exception>
    public static Operation Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CanonicalReader(bytes, "operation");
        reader.Version(Version);
        var operation = new Operation
        {
            Id = new OperationId(reader.Uuid()),
            Device = new DeviceId(reader.Uuid()),
            Entity = new EntityKey(reader.Name(), reader.Text()),
            Kind = ReadKind(ref reader),
            Counter = reader.Number(),
            Base = reader.Number(),
            Seen = reader.Number(),
            Generation = reader.Number32(),
            WholeDocumentCounter = reader.Number(),
            Transaction = reader.Flag()
                ? new TransactionRef(new TransactionId(reader.Uuid()), reader.Number32(), reader.Number32())
                : null,
            Changes = ReadChanges(ref reader),
            Before = ReadBefore(ref reader),
        };
        reader.End();
        return operation;
    }

    internal static UInt128 Hash128(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static T Encoded<T>(Operation operation, Func<ReadOnlySpan<byte>, T> use)
    {
        var writer = new CanonicalWriter(SizeHint);
        try
        {
            Write(ref writer, operation);
            return use(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Write(ref CanonicalWriter writer, Operation operation)
    {
        writer.Byte(Version);
        writer.Uuid(operation.Id.Value);
        writer.Uuid(operation.Device.Value);
        writer.Text(operation.Entity.Type);
        writer.Text(operation.Entity.Id);
        writer.Byte((byte)operation.Kind);
        writer.Number(operation.Counter);
        writer.Number(operation.Base);
        writer.Number(operation.Seen);
        writer.Number(operation.Generation);
        writer.Number(operation.WholeDocumentCounter);
        writer.Byte(operation.Transaction is null ? (byte)0 : (byte)1);
        if (operation.Transaction is { } transaction)
        {
            writer.Uuid(transaction.Id.Value);
            writer.Number(transaction.Index);
            writer.Number(transaction.Count);
        }

        writer.Number(operation.Changes.Length);
        foreach (var change in operation.Changes) WriteChange(ref writer, change);
        writer.Number(operation.Before.Length);
        foreach (var before in operation.Before)
        {
            writer.Text(before.Field);
            writer.Byte(before.Value is null ? (byte)0 : (byte)1);
            if (before.Value is { } value) writer.Bytes(value.Utf8.Span);
        }
    }

    private static void WriteChange(ref CanonicalWriter writer, FieldChange change)
    {
        writer.Byte(change switch
        {
            SetField => SetTag,
            RemoveField => RemoveTag,
            IncrementField => IncrementTag,
            AddElement => AddElementTag,
            RemoveElement => RemoveElementTag,
            _ => throw new UnreachableException(),
        });
        writer.Text(change.Field);
        writer.Number(change.Counter);
        switch (change)
        {
            case SetField set:
                writer.Bytes(set.Value.Utf8.Span);
                break;
            case IncrementField increment:
                writer.Signed(increment.Delta);
                break;
            case AddElement add:
                writer.Element(add.Element);
                writer.Number(add.Index);
                WriteTags(ref writer, add.Observed);
                break;
            case RemoveElement remove:
                writer.Element(remove.Element);
                WriteTags(ref writer, remove.Observed);
                break;
        }
    }

    private static void WriteTags(ref CanonicalWriter writer, ImmutableArray<ElementTag> tags)
    {
        if (tags.IsDefault) tags = [];
        writer.Number(tags.Length);
        foreach (var tag in tags) writer.Tag(tag);
    }

    private static OperationKind ReadKind(ref CanonicalReader reader)
    {
        var kind = (OperationKind)reader.Byte();
        return kind is >= OperationKind.Create and <= OperationKind.Delete ? kind : throw reader.Fault($"{(int)kind} is no kind");
    }

    private static ImmutableArray<FieldChange> ReadChanges(ref CanonicalReader reader)
    {
        var changes = new FieldChange[reader.Length()];
        for (var i = 0; i < changes.Length; i++) changes[i] = ReadChange(ref reader);
        return ImmutableCollectionsMarshal.AsImmutableArray(changes);
    }

    private static FieldChange ReadChange(ref CanonicalReader reader)
    {
        var tag = reader.Byte();
        var field = reader.Name();
        var counter = reader.Number();
        return tag switch
        {
            SetTag => new SetField(field, new JsonValue(reader.Bytes()), counter),
            RemoveTag => new RemoveField(field, counter),
            IncrementTag => new IncrementField(field, reader.Signed(), counter),
            AddElementTag => new AddElement(field, reader.Element(), reader.Number32(), ReadTags(ref reader), counter),
            RemoveElementTag => new RemoveElement(field, reader.Element(), ReadTags(ref reader), counter),
            _ => throw reader.Fault($"{tag} is no kind of change"),
        };
    }

    private static ImmutableArray<ElementTag> ReadTags(ref CanonicalReader reader)
    {
        var tags = new ElementTag[reader.Length()];
        for (var i = 0; i < tags.Length; i++) tags[i] = reader.Tag();
        return ImmutableCollectionsMarshal.AsImmutableArray(tags);
    }

    private static ImmutableArray<BeforeImage> ReadBefore(ref CanonicalReader reader)
    {
        var count = reader.Length();
        if (count == 0) return [];
        var before = new BeforeImage[count];
        for (var i = 0; i < count; i++) before[i] = new BeforeImage(reader.Name(), reader.Flag() ? new JsonValue(reader.Bytes()) : null);
        return ImmutableCollectionsMarshal.AsImmutableArray(before);
    }
}
