using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts.Surrogates;

[GenerateSerializer, Immutable, Alias("orleanssync.outcome")]
public readonly record struct OutcomeSurrogate(
    [property: Id(0)] Guid Operation, [property: Id(1)] int Kind, [property: Id(2)] long Sequence, [property: Id(3)] int Reason);

[RegisterConverter]
public sealed class OutcomeConverter : IConverter<Outcome, OutcomeSurrogate>
{
    public Outcome ConvertFromSurrogate(in OutcomeSurrogate surrogate) =>
        new(new(surrogate.Operation), (OutcomeKind)surrogate.Kind, surrogate.Sequence, (RejectionReason)surrogate.Reason);

    public OutcomeSurrogate ConvertToSurrogate(in Outcome value) =>
        new(value.Operation.Value, (int)value.Kind, value.Sequence, (int)value.Reason);
}
