namespace OrleansSync.Client;

/// <summary>An entity of which a device had more than the server has, after that was restored to an earlier point.</summary>
/// <param name="Type">Its type.</param>
/// <param name="EntityId">Its id.</param>
public readonly record struct MissingEntity(string Type, string EntityId);
