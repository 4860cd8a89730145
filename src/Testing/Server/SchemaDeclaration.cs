using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Testing.Server;

/// <summary>Declares the types of a schema in the words of a server's configuration.</summary>
internal static class SchemaDeclaration
{
    public static void Declare(SyncSchema schema, OrleansSyncBuilder sync)
    {
        sync.AcceptUndeclaredTypes(schema.AcceptUndeclared);
        foreach (var type in schema.Types.Values)
        {
            var entity = sync.Entity(type.Type).Policy(type.Policy).OnDelete(type.OnDelete);
            foreach (var (field, kind) in type.Fields)
            {
                if (kind == FieldKind.Counter) entity.Counter(field);
                if (kind == FieldKind.Set) entity.Set(field);
            }
        }
    }
}
