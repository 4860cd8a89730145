using OrleansSync.Core;

namespace OrleansSync.Grains.Entities;

/// <summary>Where an entity finds its committed row.</summary>
public interface IRowSource
{
    /// <summary>The committed row, or <c>null</c> where the entity is absent.</summary>
    Task<EntityRow?> LoadAsync(ScopeId scope, EntityKey key);
}
