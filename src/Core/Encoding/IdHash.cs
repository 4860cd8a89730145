using System.Security.Cryptography;
using System.Text;

namespace OrleansSync.Core;

/// <summary>
/// Where an id stands among the ids of its type when they are compared: by the first two bytes of SHA-256 of its UTF-8. The first byte is
/// its bucket, of 256; both are its sub-bucket, of 65,536.
/// </summary>
public static class IdHash
{
    private const int StackBytes = 512;

    /// <summary>The sub-bucket; the bucket is its high byte.</summary>
    public static ushort Of(string id)
    {
        var most = Encoding.UTF8.GetMaxByteCount(id.Length);
        var bytes = most <= StackBytes ? stackalloc byte[StackBytes] : new byte[most];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(id, bytes)], hash);
        return (ushort)((hash[0] << 8) | hash[1]);
    }
}
