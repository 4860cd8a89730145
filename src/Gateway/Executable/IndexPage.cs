namespace OrleansSync.Gateway.Executable;

/// <summary>What a browser sees that calls on the HTTP port.</summary>
internal static class IndexPage
{
    public const string Html = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>OrleansSync</title>
        <style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
        <h1>OrleansSync</h1>
        <p>The server is running. Devices connect to the gRPC port; this one is for people and health checks.</p>
        <ul>
          <li><a href="/health/live">/health/live</a>: the process answers</li>
          <li><a href="/health/ready">/health/ready</a>: the store answers too</li>
        </ul>
        </html>
        """;
}
