return await OrleansSync.Gateway.Executable.GatewayProgram.RunAsync(args);
