namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>
/// Plays every history up to a number of operations: every choice of devices (named in the order of their first commit), of what
/// each wants, and of how much each had pulled; and beside each, every history that differs by one swap of two adjacent commits.
/// Two histories are played on side by side until nothing that can follow tells them apart.
/// </summary>
internal sealed class ExhaustiveSearch(Setting setting, int operations)
{
    private readonly World _world = new(setting);
    private readonly List<Step> _steps = [];

    /// <summary>Histories of exactly the number of operations.</summary>
    public long Histories { get; private set; }

    /// <summary>Pairs of histories whose values were compared.</summary>
    public long Comparisons { get; private set; }

    public void Run() => Extend(devices: 0);

    private void Extend(int devices)
    {
        for (var device = 0; device < Math.Min(devices + 1, Setting.Devices); device++)
        {
            for (var known = _world.KnownBy(device); known <= _world.Log.Count; known++)
            {
                var state = _world.After(device, known);
                foreach (var intent in _world.Possible(state)) Extend(new Step(device, intent, known), state, Math.Max(devices, device + 1));
            }
        }
    }

    private void Extend(Step step, DeviceState state, int devices)
    {
        var isLast = _steps.Count + 1 == operations;
        if (isLast) Histories++;

        _steps.Add(step);
        // The swapped history is one of its own, whose twin is this one: each pair is played once.
        var hasTwin = _steps.Count > 1 && _steps[^2].Device < step.Device && History.CanSwap(_steps, _steps.Count - 2);
        if (hasTwin || !isLast)
        {
            _world.Play(step, state);
            if (hasTwin) PlaySwapped(devices);
            if (!isLast) Extend(devices);
            _world.Undo();
        }

        _steps.RemoveAt(_steps.Count - 1);
    }

    /// <summary>Plays on beside a world in which the last two commits came the other way round.</summary>
    private void PlaySwapped(int devices)
    {
        var twin = _world.Fork(back: 2);
        Assert.True(twin.TryPlay(_steps[^1]));
        Assert.True(twin.TryPlay(_steps[^2]));
        Compare(twin, between: _steps.Count - 1, devices);
    }

    private void Compare(World twin, int between, int devices)
    {
        Comparisons++;
        if (!RowValue.AreEqual(_world.Row, twin.Row)) Assert.Fail($"{History.Describe(_world)}\nagainst\n{History.Describe(twin)}");
        if (_world.Log.Count == operations || RowValue.AreIndistinguishable(_world.Row, twin.Row, between)) return;

        for (var device = 0; device < Math.Min(devices + 1, Setting.Devices); device++)
        {
            for (var known = _world.KnownBy(device); known <= _world.Log.Count; known++)
            {
                if (known == between) continue;
                var state = _world.After(device, known);
                foreach (var intent in _world.Possible(state))
                    Compare(twin, between, new Step(device, intent, known), state, Math.Max(devices, device + 1));
            }
        }
    }

    private void Compare(World twin, int between, Step step, DeviceState state, int devices)
    {
        _world.Play(step, state);
        if (!twin.TryPlay(step)) Assert.Fail($"{step} is possible in one order only.\n{History.Describe(_world)}\nagainst\n{History.Describe(twin)}");
        Compare(twin, between, devices);
        twin.Undo();
        _world.Undo();
    }
}
