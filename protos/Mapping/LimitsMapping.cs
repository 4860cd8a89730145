using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>The limits that a device must know to make batches and documents that are taken.</summary>
public static class LimitsMapping
{
    public static V1.Limits ToWire(Limits limits) => new()
    {
        BatchOperations = limits.BatchOperations,
        BatchBytes = limits.BatchBytes,
        TransactionOperations = limits.TransactionOperations,
        TransactionBytes = limits.TransactionBytes,
        BatchesInFlight = limits.BatchesInFlight,
        ValueBytes = limits.ValueBytes,
        DocumentBytes = limits.DocumentBytes,
        DocumentFields = limits.DocumentFields,
        Nesting = limits.Nesting,
    };

    /// <summary>What does not travel keeps its default.</summary>
    /// <exception cref="InvalidDataException">A limit is missing or not positive; the message names it.</exception>
    public static Limits Read(V1.Limits? wire)
    {
        if (wire is null) throw new InvalidDataException("limits is missing.");
        return new Limits
        {
            BatchOperations = Positive(wire.BatchOperations, "batch_operations"),
            BatchBytes = Positive(wire.BatchBytes, "batch_bytes"),
            TransactionOperations = Positive(wire.TransactionOperations, "transaction_operations"),
            TransactionBytes = Positive(wire.TransactionBytes, "transaction_bytes"),
            BatchesInFlight = Positive(wire.BatchesInFlight, "batches_in_flight"),
            ValueBytes = Positive(wire.ValueBytes, "value_bytes"),
            DocumentBytes = Positive(wire.DocumentBytes, "document_bytes"),
            DocumentFields = Positive(wire.DocumentFields, "document_fields"),
            Nesting = Positive(wire.Nesting, "nesting"),
        };

        static int Positive(int value, string name) =>
            value > 0 ? value : throw new InvalidDataException($"limits.{name} is {value}, not positive.");
    }
}
