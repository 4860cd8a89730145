using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>Items of a model with source-generated JSON. Its property "id" is the entity's id and no field.</summary>
internal sealed class TypedCodec<T> : ItemCodec<T>
{
    private readonly string _type;
    private readonly JsonTypeInfo<T> _typeInfo;
    private readonly string[] _names;

    public TypedCodec(string type, JsonTypeInfo<T> typeInfo)
    {
        (_type, _typeInfo) = (type, typeInfo);
        _names = [.. typeInfo.Properties.Select(static property => property.Name)];
        IdName = typeInfo.Properties.FirstOrDefault(static property => property.Name == "id")?.Name
            ?? typeInfo.Properties.FirstOrDefault(static property => property.Name.Equals("id", StringComparison.OrdinalIgnoreCase))?.Name
            ?? throw StoreErrors.NoId(type, $"{typeof(T).Name} has no such property");
    }

    public override string IdName { get; }

    public override (string Id, List<SetField> Fields) Encode(T item)
    {
        var fields = Split(JsonSerializer.SerializeToUtf8Bytes(item, _typeInfo), _type, IdName, _names, out var id);
        return (id ?? throw StoreErrors.NoId(_type, "it is missing"), fields);
    }

    public override T Decode(EntityKey key, byte[] document)
    {
        try
        {
            return JsonSerializer.Deserialize(WithId(document, IdName, key.Id), _typeInfo)
                ?? throw new JsonException("It reads as null.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw StoreErrors.Unreadable(key, typeof(T), exception);
        }
    }
}
