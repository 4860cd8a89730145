namespace OrleansSync.Client.Sync;

/// <summary>What the engine is doing at one moment, for those who drive its time: while something is under way, time must stand still.</summary>
/// <param name="AtRest">Nothing is under way: only time, or an event from outside, brings the next action.</param>
/// <param name="HasSession">A session is open, or opens, or closes.</param>
/// <param name="Postponed">A sync was asked for, and waits for the time that the server has named.</param>
/// <param name="WakesAfter">How long until it does something by itself; <c>null</c>: not before something happens.</param>
/// <param name="Changed">Completes when another moment may be different.</param>
internal readonly record struct SyncMoment(bool AtRest, bool HasSession, bool Postponed, TimeSpan? WakesAfter, Task Changed);
