using System.Globalization;
using OrleansSync.EndToEnd.Tests.Kills;

// What a test starts as a child process: a device that kills itself.
switch (args)
{
    case ["device", var database, var gateway, var user, var killedAt]:
        await KilledDevice.RunAsync(new DeviceWork(database, new Uri(gateway), user), int.Parse(killedAt, CultureInfo.InvariantCulture));
        return 0;
    default:
        await Console.Error.WriteLineAsync("Started by tests only; run them with dotnet test.");
        return 2;
}
