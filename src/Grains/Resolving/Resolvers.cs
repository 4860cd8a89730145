using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Conflicts;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Resolving;

/// <summary>The resolvers of the types that have one, and what their decisions make of rows.</summary>
public sealed class Resolvers(IReadOnlyDictionary<string, IConflictResolver> byType, ILogger logger)
{
    /// <summary>No type has one.</summary>
    public static Resolvers None { get; } = new(ImmutableDictionary<string, IConflictResolver>.Empty, NullLogger.Instance);

    /// <summary>Merges an operation: by the rules, or as the type's resolver decides.</summary>
    public MergeResult Apply(EntityRow? row, Operation operation, MergeContext context) => Apply(row, operation, context, out _);

    /// <param name="row">What it meets; <c>null</c>: the entity is absent.</param>
    /// <param name="operation">What is merged.</param>
    /// <param name="context">Where and by which rules.</param>
    /// <param name="message">What the resolver failed with, bounded; for the operators of the server.</param>
    public MergeResult Apply(EntityRow? row, Operation operation, MergeContext context, out string? message)
    {
        message = null;
        return context.Schema.Policy == ConflictPolicy.Custom ? Resolve(row, operation, context, out message) : Merge.Apply(row, operation, context);
    }

    private MergeResult Resolve(EntityRow? row, Operation operation, MergeContext context, out string? message)
    {
        message = null;
        var byField = context with { Schema = context.Schema with { Policy = ConflictPolicy.FieldMerge } };
        var merged = Merge.Apply(row, operation, byField);
        // What cannot have an effect, or means an earlier life of the entity, is no question to the app. What only has the lower timestamps is.
        if (merged.Kind == OutcomeKind.Rejected || ReferenceEquals(merged.Row, row)) return merged;
        try
        {
            if (!byType.TryGetValue(operation.Entity.Type, out var resolver)) throw new InvalidOperationException("The type has no resolver here.");
            return Decide(row, operation, merged, resolver.Resolve(new Conflict(row, operation, merged)), context.Limits);
        }
#pragma warning disable CA1031 // Code of the app: one operation is refused, and the others go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.ResolverFailed(exception, operation.Entity.Type, operation.Id);
            message = StorableText.Bounded($"{exception.GetType().Name}: {exception.Message}", DeadLetter.MaxMessage);
            return Refuse(row, RejectionReason.ResolverFailed, merged);
        }
    }

    private static MergeResult Decide(EntityRow? row, Operation operation, MergeResult merged, Resolution resolution, Limits limits)
    {
        switch (resolution.Chosen)
        {
            case Resolution.Choice.Keep: return new MergeResult(row, OutcomeKind.Superseded, RejectionReason.None, merged.Concurrent);
            case Resolution.Choice.Refuse: return Refuse(row, RejectionReason.RefusedByResolver, merged);
        }

        if (resolution.Fields is not { Count: > 0 } fields) return merged;
        var overwritten = Merge.Overwrite(merged.Row!, operation.Stamp, fields.Select(static field => (field.Key, ValueOf(field.Value))), limits);
        if (overwritten is null) return Refuse(row, RejectionReason.DocumentTooLarge, merged);
        return merged with { Row = overwritten, Kind = merged.Concurrent ? OutcomeKind.Merged : OutcomeKind.Applied };
    }

    // JSON null is a value that an app may store; here it says that the field goes.
    private static JsonValue? ValueOf(System.Text.Json.Nodes.JsonNode? node) =>
        node is null ? null : new JsonValue(JsonSerializer.SerializeToUtf8Bytes(node, ResolverJson.Default.JsonNode));

    private static MergeResult Refuse(EntityRow? row, RejectionReason reason, MergeResult merged) =>
        new(row, OutcomeKind.Rejected, reason, merged.Concurrent);
}
