using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>The world after it has healed and come to rest.</summary>
/// <param name="Page">All rows of the store, with where it stands.</param>
/// <param name="Views">What each device that may read shows.</param>
/// <param name="DeadLetters">Of all devices.</param>
internal sealed record AtRest(ChangePage Page, IReadOnlyList<DeviceView> Views, IReadOnlySet<OperationId> DeadLetters);
