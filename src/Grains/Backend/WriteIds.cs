using System.Security.Cryptography;
using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Backend;

/// <summary>
/// The ids that a write has by its key: UUIDs of version 8 (RFC 9562) from a hash of scope and key, so that a repetition has the same ones.
/// Neither scope nor key has control characters, so no two pairs of them meet.
/// </summary>
internal static class WriteIds
{
    public const int MaxKeyBytes = 256;

    private const int Length = 16;
    private const int VersionByte = 6;
    private const int VariantByte = 8;

    public static OperationId OperationOf(ScopeId scope, string key, int index) => new(Of(scope, key, $"operation\n{index}"));

    public static TransactionId TransactionOf(ScopeId scope, string key) => new(Of(scope, key, "transaction"));

    /// <exception cref="ArgumentException">It is no idempotency key.</exception>
    public static void RequireKey(string key, string parameter)
    {
        ArgumentNullException.ThrowIfNull(key, parameter);
        if (FormRules.CheckEntityId(key, Limits.Default with { EntityIdBytes = MaxKeyBytes }) is not null)
        {
            throw new ArgumentException(
                $"An idempotency key is 1 to {MaxKeyBytes} bytes of UTF-8 without control characters and lone surrogates.", parameter);
        }
    }

    private static Guid Of(ScopeId scope, string key, string what)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"orleanssync write\n{scope.Value}\n{key}\n{what}")).AsSpan(0, Length);
        hash[VersionByte] = (byte)((hash[VersionByte] & 0x0F) | 0x80);
        hash[VariantByte] = (byte)((hash[VariantByte] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
