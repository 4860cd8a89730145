using OrleansSync.Silo.Executable;

return await SiloProgram.RunAsync(args, Console.Out, Console.Error);
