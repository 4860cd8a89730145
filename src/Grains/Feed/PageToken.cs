using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Feed;

/// <summary>Where the next page of a pull starts. A hint that a device holds: it names nothing outside the device's scope.</summary>
/// <param name="Lineage">The lineage it was given in.</param>
/// <param name="Pull">Which pull it belongs to: a digest of the cursor and the types.</param>
/// <param name="FirstHead">The head of the pull's first page.</param>
/// <param name="OutcomesThrough">Outcomes up to this sequence were sent.</param>
/// <param name="Position">Rows up to here were sent.</param>
internal sealed record PageToken(Guid Lineage, ulong Pull, long FirstHead, long OutcomesThrough, ChangePosition Position)
{
    private const byte FormatVersion = 1;

    public ImmutableArray<byte> Encode()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
        {
            writer.Write(FormatVersion);
            writer.Write(Lineage.ToByteArray(bigEndian: true));
            writer.Write(Pull);
            writer.Write(FirstHead);
            writer.Write(OutcomesThrough);
            writer.Write(Position.Sequence);
            writer.Write(Position.Type);
            writer.Write(Position.Id);
        }

        return [.. stream.ToArray()];
    }

    public static bool TryDecode(ImmutableArray<byte> encoded, [NotNullWhen(true)] out PageToken? token)
    {
        token = null;
        using var stream = new MemoryStream([.. encoded]);
        using var reader = new BinaryReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            if (reader.ReadByte() != FormatVersion) return false;
            var lineage = reader.ReadBytes(16);
            if (lineage.Length != 16) return false;
            var read = new PageToken(
                new(lineage, bigEndian: true),
                reader.ReadUInt64(),
                reader.ReadInt64(),
                reader.ReadInt64(),
                new(reader.ReadInt64(), reader.ReadString(), reader.ReadString()));
            if (stream.Position != stream.Length || read.FirstHead < 0) return false;
            if (read.OutcomesThrough < 0 || read.Position.Sequence < 0) return false;
            token = read;
            return true;
        }
        catch (Exception exception) when (exception is EndOfStreamException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Tells pulls with another cursor or other types apart.</summary>
    public static ulong PullOf(FeedRequest request)
    {
        var types = string.Join('\n', request.Types.Order(StringComparer.Ordinal));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Lineage:N}\n{request.Sequence}\n{types}"));
        return BitConverter.ToUInt64(hash);
    }
}
