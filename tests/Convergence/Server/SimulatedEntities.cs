using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>
/// The entities of the scope: real states, one call at a time each, as the runtime gives them. Activations go away with what
/// they had staged, and for a while there may be two of one entity.
/// </summary>
internal sealed class SimulatedEntities(ScopeId scope, SyncSchema schema, Limits limits, ISyncStore store, Faults faults, Dice dice) : IRowSource
{
    private readonly Dictionary<EntityKey, List<Activation>> _activations = [];

    public Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request)
    {
        if (!_activations.TryGetValue(entity, out var activations)) _activations.Add(entity, activations = []);
        if (faults.Strikes(FaultKind.EntityForgotten, "entities")) activations.Clear();
        if (activations.Count == 0 || (activations.Count == 1 && faults.Strikes(FaultKind.EntityDoubled, "entities")))
            activations.Add(new(new(new(scope, entity), schema.Find(entity.Type) ?? EntitySchema.Undeclared(entity.Type), limits, this, Resolvers.None)));
        return activations[dice.Below(activations.Count)].CallAsync(request);
    }

    public void ForgetAll() => _activations.Clear();

    public async Task<EntityRow?> LoadAsync(ScopeId scope, EntityKey key) =>
        (await store.LoadAsync(scope, [key], CancellationToken.None)).SingleOrDefault();

    private sealed class Activation(EntityState state)
    {
        private Task _last = Task.CompletedTask;

        public Task<MergeReply> CallAsync(MergeRequest request)
        {
            var call = AfterAsync(_last, request);
            _last = call;
            return call;
        }

        private async Task<MergeReply> AfterAsync(Task before, MergeRequest request)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return await state.MergeAsync(request);
        }
    }
}
