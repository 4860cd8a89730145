using OrleansSync.Samples.Backend;

await TaskServer.Build(args).RunAsync();
