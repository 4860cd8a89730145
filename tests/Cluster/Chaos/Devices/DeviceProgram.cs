using System.Text.Json;

namespace OrleansSync.Chaos.Devices;

/// <summary>
/// The process of a few devices. It reads its settings and then commands from its input, and ends with it: a run that is
/// killed leaves no devices behind.
/// </summary>
internal sealed class DeviceProgram(TextReader input, TextWriter output)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<ChaosDevice> _devices = [];

    public async Task<int> RunAsync()
    {
        if (await input.ReadLineAsync() is not { } line) return 0;
        var settings = JsonSerializer.Deserialize<DeviceSettings>(line) ?? throw new InvalidDataException("There are no settings.");
        using var end = new CancellationTokenSource();
        using var work = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        foreach (var place in settings.Devices) _devices.Add(await ChaosDevice.OpenAsync(place, settings, Say, end.Token));
        Say(DeviceCommands.Ready);

        var working = Task.WhenAll(_devices.Select(device => device.WorkAsync(work.Token)));
        var reporting = ReportAsync(work.Token);
        while (await input.ReadLineAsync() is { } command)
        {
            var words = command.Split(' ');
            switch (words[0])
            {
                case DeviceCommands.Twin:
                    _devices.Single(device => device.Name == words[1]).ArmTwin();
                    break;
                case DeviceCommands.Drain:
                    await work.CancelAsync();
                    await working;
                    await reporting;
                    await AllAsync(device => device.DrainAsync(Waiting, end.Token));
                    Say(DeviceCommands.Drained);
                    break;
                case DeviceCommands.End:
                    await AllAsync(device => device.EndAsync(Waiting, end.Token));
                    foreach (var device in _devices) await device.DisposeAsync();
                    Say(DeviceCommands.Ended);
                    return 0;
            }
        }

        // Nobody is there any more.
        return 1;
    }

    private Task AllAsync(Func<ChaosDevice, Task> what) => Task.WhenAll(_devices.Select(what));

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(ReportEvery, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Say($"{DeviceCommands.Writes} {_devices.Sum(static device => device.Operations)}");
        }
    }

    private void Waiting(string why) => Say($"{DeviceCommands.Waiting} {why}");

    private void Say(string line)
    {
        lock (_gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
