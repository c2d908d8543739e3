using System.Globalization;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>How perf_event_open(2) is told to place uprobes and kprobes, from sysfs: works where tracefs is not mounted.</summary>
/// <param name="Type">For <c>perf_event_attr.type</c>.</param>
/// <param name="ReturnProbe">For <c>perf_event_attr.config</c>: the bit that asks for a return probe.</param>
internal sealed record ProbePmu(uint Type, ulong ReturnProbe)
{
    private const string Folder = "/sys/bus/event_source/devices";
    private const string ConfigPrefix = "config:";

    private static readonly Lazy<ProbePmu> KnownUprobe = new(
        static () => Read($"{Folder}/uprobe", "uprobes through perf events", "CONFIG_UPROBE_EVENTS"), LazyThreadSafetyMode.PublicationOnly);

    private static readonly Lazy<ProbePmu> KnownKprobe = new(
        static () => Read($"{Folder}/kprobe", "kprobes through perf events", "CONFIG_KPROBE_EVENTS"), LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="FeatureNotSupportedException">The kernel was built without it.</exception>
    public static ProbePmu Uprobe => KnownUprobe.Value;

    /// <exception cref="FeatureNotSupportedException">The kernel was built without it.</exception>
    public static ProbePmu Kprobe => KnownKprobe.Value;

    /// <summary>Whether the kernel counts a probe's semaphore up and down.</summary>
    public static bool CountsSemaphores => File.Exists($"{Folder}/uprobe/format/ref_ctr_offset");

    internal static ProbePmu Read(string folder, string feature, string buildOption)
    {
        string typePath = Path.Combine(folder, "type");
        if (!File.Exists(typePath)) throw new FeatureNotSupportedException(feature, "4.17", $"built with {buildOption}");
        return new ProbePmu(
            (uint)ReadNumber(typePath, prefix: "", highest: uint.MaxValue),
            1ul << (int)ReadNumber(Path.Combine(folder, "format", "retprobe"), ConfigPrefix, highest: 63));
    }

    private static ulong ReadNumber(string path, string prefix, ulong highest)
    {
        string text = File.ReadAllText(path).Trim();
        if (text.StartsWith(prefix, StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            && number <= highest)
        {
            return number;
        }

        throw new MalformedDataException(path, 0, $"'{text}' is not what was expected");
    }
}
