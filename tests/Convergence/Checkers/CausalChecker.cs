using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>
/// What a device has seen of the server does not vanish without a later write or a power cut: its cursor, a row's sequence and generation,
/// and within a generation each field's stamp only ever rise.
/// </summary>
internal sealed class CausalChecker(RunRecord record) : Checker(record)
{
    private readonly Dictionary<int, DeviceView> _before = [];

    public override void OnView(DeviceView view)
    {
        if (_before.TryGetValue(view.Device.Number, out var before))
        {
            if (view.Cursor < before.Cursor) Report(Verdict.Lost, $"{view.Device.Name} went back from {before.Cursor} to {view.Cursor}");
            foreach (var (key, held) in before.Rows)
            {
                if (held.Server is { } seen) Compare(view, seen, view.Rows.GetValueOrDefault(key).Server);
            }
        }

        _before[view.Device.Number] = view;
    }

    public override void OnPowerCut(SimulatedDevice device) => _before.Remove(device.Number);

    private void Compare(DeviceView view, EntityRow seen, EntityRow? now)
    {
        if (now?.Sequence == seen.Sequence) return;
        // What was deleted and purged while the device was away is gone where it starts again, and may have been made anew.
        if (Record.Oracle.WasPurged(seen.Key, seen.Sequence, now?.Sequence ?? long.MaxValue)) return;
        if (now is null) Report(Verdict.Lost, $"{view.Device.Name} no longer has {seen.Key}, which it had at {seen.Sequence}");
        else if (now.Sequence < seen.Sequence || now.Generation < seen.Generation)
            Report(Verdict.Lost, $"{view.Device.Name} has {seen.Key} at {now.Sequence} after {seen.Sequence}");
        else if (now.Generation == seen.Generation && !now.Deleted) CompareFields(view, seen, now);
    }

    private void CompareFields(DeviceView view, EntityRow seen, EntityRow now)
    {
        foreach (var field in seen.Fields.OfType<PlainField>())
        {
            var later = now.Fields.OfType<PlainField>().FirstOrDefault(one => one.Name == field.Name)?.Stamp ?? now.DocumentStamp;
            if (later < field.Stamp) Report(Verdict.Lost, $"{view.Device.Name}: {seen.Key}.{field.Name} of {field.Stamp} vanished for {later}");
        }
    }
}
