namespace OrleansSync.Client.OpLog;

/// <summary>How far a database has come since its server turned out to have been restored to an earlier point.</summary>
/// <param name="Resent">Operations that were settled and are sent again.</param>
/// <param name="Refused">Of them, those that the server has refused this time.</param>
/// <param name="HasForgotten">Some that the server lost are not kept any more.</param>
/// <param name="RowsAreOfBefore">The rows held are still those of before: they have the effect of what was settled then.</param>
internal sealed record RecoveryState(int Resent, int Refused, bool HasForgotten, bool RowsAreOfBefore);
