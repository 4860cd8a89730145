using OrleansSync.Samples.Tasks;

return await TasksCommand.InvokeAsync(args, Console.In, Console.Out, Console.Error);
