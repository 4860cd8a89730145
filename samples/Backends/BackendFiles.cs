using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansSync.Backends;

/// <summary>Finds what it takes to start the servers that were built with this assembly.</summary>
public static class BackendFiles
{
    public static string GatewayAssembly => Find(typeof(BackendFiles).Assembly, "GatewayAssembly");

    public static string SiloAssembly => Find(typeof(BackendFiles).Assembly, "SiloAssembly");

    /// <summary>The dotnet command that belongs to the runtime this process runs on.</summary>
    public static string DotnetCommand
    {
        get
        {
            // <root>/shared/Microsoft.NETCore.App/<version>/
            var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
            var command = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
            return File.Exists(command) ? command : "dotnet";
        }
    }

    /// <summary>
    /// A path from the repository's root that an assembly's metadata holds, looked for above the folder this process runs from.
    /// </summary>
    public static string Find(Assembly assembly, string key)
    {
        var relative = assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == key).Value!;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.GetFullPath(Path.Combine(folder.FullName, relative));
            if (File.Exists(candidate)) return candidate;
        }

        throw new FileNotFoundException(
            $"There is no {relative}, seen from any folder above {AppContext.BaseDirectory}. Build in the repository: dotnet build.");
    }
}
