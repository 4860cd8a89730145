using OrleansSync.Hosting;

namespace OrleansSync.Samples.Backend;

/// <summary>
/// An embedded server with endpoints of its own beside the devices' services: what is posted here appears on every device that watches.
/// </summary>
public static class TaskServer
{
    /// <summary>The server, not started yet.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddOrleansSync(static sync =>
        {
            sync.UseSqlite("data").ListenOnLoopback();
            sync.Entity("tasks").Counter("minutes");
        });
        var app = builder.Build();
        app.MapOrleansSync();
        app.MapOrleansSyncHealth();
        app.MapTasks();
        return app;
    }
}
