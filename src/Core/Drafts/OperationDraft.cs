using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansSync.Core;

/// <summary>
/// An operation of server code, which knows neither the row it meets nor the clock of the scope: what of it depends on these is set
/// when it is placed in the log.
/// </summary>
/// <param name="Operation">
/// A create puts: it makes the entity or replaces its plain fields. The counter is the draft's place in its write, from 1; base,
/// seen, generation and observed tags are not set.
/// </param>
/// <param name="Expected">The version that the entity must have before the write, 0: there must be none; <c>null</c>: any.</param>
public sealed record OperationDraft(Operation Operation, long? Expected = null)
{
    /// <summary>
    /// First 16 bytes of SHA-256 over all drafts of a write: tells a repeated write from a reused key. What placing sets is not in it,
    /// so it is the same at every repetition.
    /// </summary>
    /// <exception cref="ArgumentException">A text has a lone surrogate; validated operations have none.</exception>
    public static UInt128 ContentHash(IReadOnlyList<OperationDraft> write)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long)];
        Append(hash, number, write.Count);
        foreach (var draft in write)
        {
            var encoded = OperationEncoding.Encode(draft.Operation);
            Append(hash, number, encoded.Length);
            hash.AppendData(encoded);
            Append(hash, number, draft.Expected ?? -1);
        }

        Span<byte> result = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return BinaryPrimitives.ReadUInt128BigEndian(result);
    }

    private static void Append(IncrementalHash hash, Span<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer, value);
        hash.AppendData(buffer);
    }
}
