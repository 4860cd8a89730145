using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Samples.Backend;

/// <summary>Tasks over HTTP, for the user of the request's credentials.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this IEndpointRouteBuilder endpoints)
    {
        var tasks = endpoints.MapGroup("/tasks").AddEndpointFilter(WithUserAsync);
        tasks.MapPost("", PostAsync);
        tasks.MapGet("/changes", ChangesAsync);
    }

    // The key names the task too: a repeated request must say the same, and an id made here would be another each time.
    private static async Task<IResult> PostAsync(
        NewTask task,
        [FromHeader(Name = "Idempotency-Key")] string key,
        HttpContext context,
        ISyncWriter writer,
        CancellationToken cancellationToken)
    {
        var result = await writer.WriteAsync(UserOf(context), key, write => write
            .Put("tasks", new TaskItem(key, task.Title), TaskJson.Default.TaskItem)
            .Patch("tasks", key, patch => patch.Increment("minutes", task.Minutes)), cancellationToken);
        return result.Reason switch
        {
            RejectionReason.None => TypedResults.Created($"/tasks/{key}", new WrittenTask(key, result.Sequence)),
            RejectionReason.OperationReused => TypedResults.Problem("The key was used with another task.", statusCode: 422),
            var reason => TypedResults.Problem($"The task was refused: {reason}.", statusCode: 409),
        };
    }

    private static async Task<IResult> ChangesAsync(string? from, HttpContext context, ISyncFeed feed, CancellationToken cancellationToken)
    {
        if (!FeedCheckpoint.TryParse(from, out var checkpoint)) return TypedResults.Problem("from is no checkpoint.", statusCode: 400);
        var tasks = new List<string>();
        await foreach (var batch in feed.ReadAsync(UserOf(context), checkpoint, ["tasks"], cancellationToken))
        {
            tasks.AddRange(batch.Changes.Select(static change => change.Deleted ? $"-{change.Id}" : change.Id));
            checkpoint = batch.Checkpoint;
        }

        return TypedResults.Ok(new TaskChanges(tasks, checkpoint.ToString()));
    }

    private static async ValueTask<object?> WithUserAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        try
        {
            if (await context.FindSyncUserAsync() is not { } user) return TypedResults.Unauthorized();
            context.Items[nameof(TaskEndpoints)] = user;
            return await next(invocation);
        }
        catch (Exception fault) when (fault is ArgumentException or SyncWriteException)
        {
            return TypedResults.Problem(fault.Message, statusCode: 400);
        }
        catch (SyncFeedException fault)
        {
            return TypedResults.Problem(fault.Message, statusCode: 410);
        }
        catch (SyncUnavailableException fault)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(fault.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return TypedResults.Problem(fault.Message, statusCode: 503);
        }
    }

    private static string UserOf(HttpContext context) => (string)context.Items[nameof(TaskEndpoints)]!;
}
