using OrleansSync.Core;
using OrleansSync.Protocol.V1;
using Limits = OrleansSync.Core.Limits;

namespace OrleansSync.Client.Sync;

/// <summary>What a handshake gives the calls that follow it: who they are, and what the server takes.</summary>
/// <param name="Session">What each call presents.</param>
/// <param name="Limits">The server's limits.</param>
/// <param name="Reused">The handshake was made for an earlier session, or an earlier sync of this one.</param>
internal sealed record SessionGrant(Session Session, Limits Limits, bool Reused);
