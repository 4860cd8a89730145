using System.Diagnostics.CodeAnalysis;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Cursors. No lineage and sequence 0: from the start.</summary>
public static class CursorMapping
{
    public static V1.Cursor ToWire(Guid lineage, long sequence)
    {
        var wire = new V1.Cursor { Sequence = sequence };
        if (lineage != Guid.Empty) wire.Lineage = WireIds.ToWire(lineage);
        return wire;
    }

    /// <summary>Reads a cursor; one that is not set is the start.</summary>
    public static bool TryRead(V1.Cursor? wire, out Guid lineage, out long sequence, [NotNullWhen(false)] out Fault? fault)
    {
        lineage = Guid.Empty;
        sequence = wire?.Sequence ?? 0;
        fault = null;
        if (wire is null || (wire.Lineage.IsEmpty && sequence == 0)) return true;
        if (!WireIds.TryRead(wire.Lineage, out lineage)) fault = WireIds.Fault("cursor.lineage");
        else if (sequence < 0) fault = new Fault(FaultCode.OutOfRange, "cursor.sequence", "A sequence is not negative.");
        return fault is null;
    }
}
