using System.CommandLine;
using OrleansSync.Samples.GitReplay;

// Time to end the backend and to delete the temporary folder after Ctrl-C.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) };
return await ReplayCommand.InvokeAsync(args, invocation);
