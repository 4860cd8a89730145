using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansSync.Core.Tests.Protocol;

/// <summary>For the tests of what is read straight from the wire.</summary>
internal static class WireMessage
{
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
