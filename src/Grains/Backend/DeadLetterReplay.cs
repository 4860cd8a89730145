using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Backend;

/// <summary>How a dead letter is replayed where it is not to be as it is.</summary>
public sealed record DeadLetterReplay
{
    /// <summary>Instead of the letter's own changes; <c>null</c>: those.</summary>
    public ImmutableArray<FieldChange>? Changes { get; init; }

    /// <summary>An update makes the entity where it is not there: for what was refused as <see cref="RejectionReason.EntityGone"/>.</summary>
    public bool AsCreate { get; init; }

    /// <summary>With these changes instead of its own.</summary>
    public static DeadLetterReplay With(Action<SyncPatch> edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var patch = new SyncPatch();
        edit(patch);
        return new DeadLetterReplay { Changes = [.. patch.Changes] };
    }

    /// <summary>What it writes. What a device knew as it wrote means nothing to server code, which writes on what stands.</summary>
    internal Operation Of(Operation refused) => new()
    {
        Id = refused.Id,
        Device = DeviceId.Backend,
        Entity = refused.Entity,
        Kind = refused.Kind,
        Counter = 1,
        Changes = [.. (Changes ?? refused.Changes).Select(Unstamped)],
    };

    private static FieldChange Unstamped(FieldChange change) => change switch
    {
        AddElement add => add with { Counter = 0, Index = 0, Observed = [] },
        RemoveElement remove => remove with { Counter = 0, Observed = [] },
        _ => change with { Counter = 0 },
    };
}
