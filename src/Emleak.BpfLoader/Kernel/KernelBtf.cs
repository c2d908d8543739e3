using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The types of the running kernel.</summary>
public static class KernelBtf
{
    internal const string Source = "/sys/kernel/btf/vmlinux";

    private static readonly Lock Gate = new();
    private static BtfTypes? _known;

    /// <summary>The types that the kernel describes itself with; read once, when first asked for (about 5 MB).</summary>
    /// <exception cref="FeatureNotSupportedException">The kernel was built without CONFIG_DEBUG_INFO_BTF, or is older than 5.4.</exception>
    /// <exception cref="MalformedDataException">The kernel's types cannot be understood.</exception>
    public static BtfTypes Default
    {
        get
        {
            // Not Lazy, which would remember for ever that it failed.
            lock (Gate) return _known ??= ReadDefault();
        }
    }

    /// <summary>
    /// Begins to read <see cref="Default"/> and its index of names, for a caller that will need them in a few milliseconds. What goes
    /// wrong is told to who asks for them.
    /// </summary>
    public static void ReadAhead() => _ = Task.Run(() =>
    {
        try
        {
            Default.BuildNameIndex();
        }
        catch (Exception e) when (e is BpfException or MalformedDataException or IOException or UnauthorizedAccessException)
        {
            // As said above.
        }
    });

    private static BtfTypes ReadDefault() =>
        KernelFeatures.VmlinuxBtf.IsMasked ? throw new FeatureNotSupportedException(KernelFeatures.VmlinuxBtf) : Read(Source);

    internal static BtfTypes Read(string path)
    {
        // Asking for the file's existence would hide that it may not be read.
        try
        {
            return BtfTypes.Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FeatureNotSupportedException(
                "a description of its own types", "5.4", $"built with CONFIG_DEBUG_INFO_BTF; {path} is missing");
        }
    }
}
