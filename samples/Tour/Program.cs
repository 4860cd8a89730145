using OrleansSync.Samples.Tour;

return await TourCommand.InvokeAsync(args, Console.Out, Console.Error);
