return await OrleansSync.Bench.Load.Command.LoadCommand.InvokeAsync(args, Console.Out, Console.Error);
