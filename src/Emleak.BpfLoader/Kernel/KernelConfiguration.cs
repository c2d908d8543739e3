using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// What <c>__kconfig</c> externs ask for: options that the running kernel was built with, and questions that loaders answer
/// themselves (names that start with <c>LINUX_</c>).
/// </summary>
internal static class KernelConfiguration
{
    private const string Compressed = "/proc/config.gz";

    private static readonly string[] KprobeSources =
        ["/sys/bus/event_source/devices/kprobe/type", "/sys/kernel/tracing/kprobe_events", "/sys/kernel/debug/tracing/kprobe_events"];

    private static readonly Lazy<Dictionary<string, string>> Options = new(Read, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>
    /// The option's value as the configuration file has it: <c>y</c>, <c>m</c>, a number, a quoted text; null for options
    /// that are not set, and for kernels that do not tell.
    /// </summary>
    public static string? Find(string name) => name switch
    {
        "LINUX_KERNEL_VERSION" => KernelVersion.Code.ToString(CultureInfo.InvariantCulture),
        "LINUX_HAS_BPF_COOKIE" => YesOrNo(KernelFeatures.UprobeCookies.Probe() == FeatureSupport.Yes),
        "LINUX_HAS_SYSCALL_WRAPPER" => YesOrNo(HasSyscallWrappers()),
        _ => Options.Value.GetValueOrDefault(name),
    };

    internal static Dictionary<string, string> Parse(TextReader reader)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.StartsWith("CONFIG_", StringComparison.Ordinal)) options[line[..equals]] = line[(equals + 1)..].TrimEnd();
        }

        return options;
    }

    private static Dictionary<string, string> Read()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        try
        {
            using StreamReader plain = new($"/boot/config-{release}");
            return Parse(plain);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            // Distributions have the one or the other.
        }

        try
        {
            using GZipStream stream = new(File.OpenRead(Compressed), CompressionMode.Decompress);
            using StreamReader unpacked = new(stream);
            return Parse(unpacked);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    // System calls are reached by functions with a prefix, which take their arguments from struct pt_regs (4.17 on x86-64).
    private static bool HasSyscallWrappers()
    {
        string prefix = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "__x64" : "__arm64";
        // Only programs at kprobes ask. Where there are none, libbpf says no, and so both give the same programs.
        return Array.Exists(KprobeSources, File.Exists) && KernelSymbols.Has($"{prefix}_sys_bpf");
    }

    private static string YesOrNo(bool value) => value ? "y" : "n";
}
