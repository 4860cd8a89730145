return await OrleansSync.Gateway.Executable.EmbeddedServer.RunAsync(args);
