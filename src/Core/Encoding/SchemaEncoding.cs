using System.Security.Cryptography;

namespace OrleansSync.Core;

/// <summary>The canonical encoding of a schema: equal for equal rules, in whatever order they were declared.</summary>
public static class SchemaEncoding
{
    private const byte Version = 1;
    private const int SizeHint = 1024;

    /// <summary>The canonical bytes of a schema: equal for equal rules.</summary>
    public static byte[] Encode(SyncSchema schema)
    {
        var writer = new CanonicalWriter(SizeHint);
        try
        {
            Write(ref writer, schema);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>SHA-256 over the encoding, 32 bytes.</summary>
    internal static byte[] Hash(SyncSchema schema) => SHA256.HashData(Encode(schema));

    private static void Write(ref CanonicalWriter writer, SyncSchema schema)
    {
        writer.Byte(Version);
        writer.Byte(schema.AcceptUndeclared ? (byte)1 : (byte)0);
        writer.Number(schema.Types.Count);
        foreach (var type in schema.Types.Values)
        {
            writer.Text(type.Type);
            writer.Byte((byte)type.Policy);
            writer.Byte((byte)type.OnDelete);
            writer.Number(type.ResolverVersion);

            // A field that is declared plain is as one that is not declared.
            var fields = type.Fields.Where(static field => field.Value != FieldKind.Plain)
                .OrderBy(static field => field.Key, StringComparer.Ordinal).ToList();
            writer.Number(fields.Count);
            foreach (var (name, kind) in fields)
            {
                writer.Text(name);
                writer.Byte((byte)kind);
            }
        }
    }
}
