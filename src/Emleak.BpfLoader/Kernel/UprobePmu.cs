using System.Globalization;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>How perf_event_open(2) is told to place uprobes, from sysfs: works where tracefs is not mounted.</summary>
/// <param name="Type">For <c>perf_event_attr.type</c>.</param>
/// <param name="ReturnProbe">For <c>perf_event_attr.config</c>: the bit that asks for a return probe.</param>
internal sealed record UprobePmu(uint Type, ulong ReturnProbe)
{
    private const string Folder = "/sys/bus/event_source/devices/uprobe";
    private const string ConfigPrefix = "config:";

    private static readonly Lazy<UprobePmu> Known =
        new(static () => Read(Folder), LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="FeatureNotSupportedException">The kernel was built without it.</exception>
    public static UprobePmu Default => Known.Value;

    internal static UprobePmu Read(string folder)
    {
        string typePath = Path.Combine(folder, "type");
        if (!File.Exists(typePath))
            throw new FeatureNotSupportedException("uprobes through perf events", "4.17", "built with CONFIG_UPROBE_EVENTS");
        return new UprobePmu(
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
