using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansSync.Samples.Shared;

/// <summary>Finds what it takes to start the gateway that was built with a sample.</summary>
internal static class BackendFiles
{
    /// <summary>The gateway's assembly: its path from the repository's root, looked for above the folder the sample runs from.</summary>
    public static string GatewayAssembly()
    {
        var relative = typeof(BackendFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static attribute => attribute.Key == "GatewayAssembly").Value!;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.GetFullPath(Path.Combine(folder.FullName, relative));
            if (File.Exists(candidate)) return candidate;
        }
        throw new FileNotFoundException(
            $"The gateway is not at {relative}, seen from any folder above {AppContext.BaseDirectory}. "
            + "Build the sample in its repository: dotnet build.");
    }

    /// <summary>The dotnet command that belongs to the runtime this process runs on.</summary>
    public static string DotnetCommand()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var command = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(command) ? command : "dotnet";
    }
}
