namespace OrleansSync.Client;

/// <summary>What a reconciliation compared and did.</summary>
/// <param name="Types">Types whose rows were compared.</param>
/// <param name="Rows">The server's live rows that this device held of them.</param>
/// <param name="Mended">Rows that differed or were missing, and are the server's now.</param>
/// <param name="Dropped">Rows that the server does not have, and that are gone.</param>
/// <param name="Bytes">Messages sent and received.</param>
public sealed record ReconcileReport(int Types, long Rows, int Mended, int Dropped, long Bytes);
