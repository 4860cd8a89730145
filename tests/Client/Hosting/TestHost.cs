using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Hosting;

/// <summary>A host of an app, in a folder of its own, before it is built.</summary>
internal sealed class TestHost : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-hosting-");

    public TestHost(params (string Key, string? Value)[] settings)
    {
        Builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = _folder.FullName });
        Builder.Configuration.AddInMemoryCollection(
            settings.Select(static setting => KeyValuePair.Create($"Sync:{setting.Key}", setting.Value)));
        Builder.Logging.AddProvider(new Provider(Logs));
    }

    public HostApplicationBuilder Builder { get; }

    public IServiceCollection Services => Builder.Services;

    public IConfigurationSection Section => Builder.Configuration.GetSection("Sync");

    public RecordingLoggers Logs { get; } = new();

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>As a provider: what is logged comes through the host's own factory.</summary>
    private sealed class Provider(RecordingLoggers logs) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

        public void Dispose()
        {
            // The test reads on.
        }
    }
}
