using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>
/// Entities that are only ever written together, with the same mark, show the same mark at every moment on every device: no
/// other knowledge than that is used.
/// </summary>
internal sealed class PairChecker(RunRecord record) : Checker(record)
{
    public override void OnView(DeviceView view)
    {
        string? mark = null;
        foreach (var key in Types.PairKeys)
        {
            var field = view.Rows.GetValueOrDefault(key).Local?.Fields.OfType<PlainField>().FirstOrDefault();
            var here = field?.Value?.ToString() ?? "nothing";
            if (mark is not null && mark != here) Report(Verdict.Torn, $"{view.Device.Name} at {view.Cursor} shows {mark} beside {here}");
            mark = here;
        }
    }
}
