using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansSync.Core.Tests.Protocol;

/// <summary>For the tests of what is read straight from the wire.</summary>
internal static class WireMessage
{
    /// <summary>Fields of every wire type that no message of the contract has.</summary>
    public static byte[] Unknown => [0xA0, 0x06, 0x01, 0xA9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xB2, 0x06, 2, 9, 9, 0xBD, 0x06, 1, 2, 3, 4];

    /// <summary>Messages with something cut out and something put in, somewhere.</summary>
    public static Gen<byte[]> Damaged(Gen<byte[]> messages) =>
        Gen.Select(messages, Gen.Int[0, 400], Gen.Byte.Array[0, 12], Gen.Int[0, 4]).Select(static one =>
        {
            var (good, at, bytes, cut) = (one.Item1, Math.Min(one.Item2, one.Item1.Length), one.Item3, one.Item4);
            return (byte[])[.. good[..at], .. bytes, .. good[Math.Min(at + cut, good.Length)..]];
        });

    /// <summary>They are the same on the wire, where an embedded message and bytes are alike.</summary>
    public static void AssertAlike(MessageDescriptor contract, MessageDescriptor encoded)
    {
        Assert.Equal(Fields(contract), Fields(encoded));

        static IEnumerable<(int Number, string Name, bool IsRepeated, FieldType Type)> Fields(MessageDescriptor message) =>
            message.Fields.InFieldNumberOrder().Select(static field => (
                field.FieldNumber, field.Name, field.IsRepeated, field.FieldType == FieldType.Message ? FieldType.Bytes : field.FieldType));
    }

    /// <summary>Protobuf has put other letters in the place of what is no UTF-8.</summary>
    public static bool HasOtherText(IMessage message) => message.Descriptor.Fields.InDeclarationOrder().Any(field =>
        field.Accessor.GetValue(message) switch
        {
            string text => text.Contains('\uFFFD', StringComparison.Ordinal),
            IMessage inner => HasOtherText(inner),
            System.Collections.IEnumerable many => many.OfType<IMessage>().Any(HasOtherText),
            _ => false,
        });
}
