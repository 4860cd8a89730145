using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

/// <summary>Devices in the field speak the contract that they were built with: it does not change by accident.</summary>
public sealed class ProtocolVersionTests
{
    // Of ProtocolVersion.Current. Hash and version change together, and what an older device needs stays served.
    private const string ContractHash = "2F7BEB0B6AE9541ED6A68C6E8393D8E978ED3A2915CFCCFD0C51C58849E6F447";
    private const int ContractVersion = 1;

    [Fact]
    public void The_contract_is_that_of_its_version()
    {
        var hash = HashOf([ModelReflection.Descriptor, SyncReflection.Descriptor]);
        Assert.True(
            hash == ContractHash && ProtocolVersion.Current == ContractVersion,
            $"bump the protocol version: the contract changed (its hash is now {hash}, its version {ProtocolVersion.Current}). "
            + "Where an older peer would misread the change, raise ProtocolVersion.Current and decide which versions stay supported; "
            + "then state the new hash and version here.");
    }

    [Fact]
    public void The_current_version_is_supported() => Assert.Contains(ProtocolVersion.Current, ProtocolVersion.Supported);

    /// <summary>Descriptors without comments and positions: renamed, renumbered, added or removed parts change them.</summary>
    private static string HashOf(IEnumerable<FileDescriptor> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = new byte[sizeof(int)];
        foreach (var file in files.OrderBy(static file => file.Name, StringComparer.Ordinal))
        {
            var proto = file.ToProto();
            proto.SourceCodeInfo = null;
            var bytes = proto.ToByteArray();
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
