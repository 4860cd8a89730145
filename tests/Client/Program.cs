using System.Globalization;
using OrleansSync.Client.Tests.Store;

// What a test starts as a child process, in order to kill it.
switch (args)
{
    case ["write-until-killed", var database, var seed]:
        await WriteUntilKilled.RunAsync(database, int.Parse(seed, CultureInfo.InvariantCulture));
        return 0;
    default:
        await Console.Error.WriteLineAsync("Started by tests only; run them with dotnet test.");
        return 2;
}
