using System.Reflection;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Kernel;

namespace Emleak.Cli;

/// <summary>What this program is: its version, what it was built from, and what of a kernel it has uses for.</summary>
internal static class VersionText
{
    // As the build writes it: 1.2.3+commit.
    private static string[] Parts { get; } =
        (typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+', 2);

    /// <summary>The version alone.</summary>
    public static string Number => Parts[0];

    public static string Write() =>
        $"""
        emleak {Number}
        commit: {(Parts.Length > 1 ? Parts[1] : "unknown")}
        architecture: {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}
        kernel features looked for: {string.Join(", ", KernelFeatures.All.Select(feature => $"{feature.Id} ({feature.FirstKernelVersion})"))}

        """;
}
