using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Outcomes, and the sentence that explains a refusal.</summary>
public static class OutcomeMapping
{
    public static V1.Outcome ToWire(Outcome outcome)
    {
        var wire = new V1.Outcome
        {
            OperationId = WireIds.ToWire(outcome.Operation),
            Kind = (V1.OutcomeKind)outcome.Kind,
            Sequence = outcome.Sequence,
        };
        if (outcome.Reason != RejectionReason.None)
        {
            wire.Rejection = new V1.Rejection { Reason = (V1.RejectionReason)outcome.Reason, Message = Explain(outcome.Reason) };
        }

        return wire;
    }

    /// <summary>Reads an outcome and what the server said about a refusal. A reason of a later version keeps its number.</summary>
    /// <param name="wire">The outcome.</param>
    /// <param name="path">Where it is, for the message of the exception.</param>
    /// <exception cref="InvalidDataException">It is malformed; the message names the field.</exception>
    public static (Outcome Outcome, string? Message) Read(V1.Outcome wire, string path)
    {
        if (!WireIds.TryRead(wire.OperationId, out Guid id)) throw Malformed("operation_id", "is no UUID of 16 bytes");
        if (wire.Kind is < V1.OutcomeKind.Applied or > V1.OutcomeKind.Rejected) throw Malformed("kind", $"{(int)wire.Kind} is not known");
        if (wire.Sequence < 0) throw Malformed("sequence", "is negative");
        var reason = (RejectionReason)(wire.Rejection?.Reason ?? V1.RejectionReason.Unspecified);
        if (reason < RejectionReason.None || (reason == RejectionReason.None) == (wire.Kind == V1.OutcomeKind.Rejected))
        {
            throw Malformed("rejection", "is not there exactly where the operation was refused");
        }

        return (new Outcome(new OperationId(id), (OutcomeKind)wire.Kind, wire.Sequence, reason), wire.Rejection?.Message);

        InvalidDataException Malformed(string part, string fact) => new($"{path}.{part} {fact}.");
    }

    /// <summary>One sentence for a person: the fact and the remedy.</summary>
    public static string Explain(RejectionReason reason) => reason switch
    {
        RejectionReason.None => "",
        RejectionReason.EntityGone => "The entity no longer exists. Send the change again as a create to bring it back.",
        RejectionReason.PredecessorRejected => "An earlier operation on this entity was refused or never arrived. Settle that one first.",
        RejectionReason.TransactionRejected => "Another operation of the same transaction was refused, so none of it took effect.",
        RejectionReason.FieldKindMismatch => "The change does not fit the kind of its field: plain, counter or set.",
        RejectionReason.DocumentTooLarge => "The document would become larger than the limit. Remove fields or split it.",
        RejectionReason.Conflict => "Another device changed the entity in the meantime. Look at the current row and decide again.",
        RejectionReason.GenerationInvalid => "The generation is above the next one that the entity can have.",
        RejectionReason.Unstorable => "The database cannot hold the operation's data.",
        RejectionReason.OperationReused => "The operation id was used before with other content. Give the operation a new id.",
        RejectionReason.StaleReplay => "The operation is older than the journal, so whether it already took effect cannot be told.",
        RejectionReason.RefusedByResolver => "The server's rule for this type does not allow it. Look at the current row and decide again.",
        RejectionReason.ResolverFailed => "The server's rule for this type failed on the operation. Its operators find the fault in the log.",
        _ => $"Refused with reason {(int)reason}.",
    };
}
