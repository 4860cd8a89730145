using System.CommandLine;
using OrleansSync.Chaos;

// Time to end the servers and the devices after Ctrl-C.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) };
return await ChaosCommand.InvokeAsync(args, invocation);
