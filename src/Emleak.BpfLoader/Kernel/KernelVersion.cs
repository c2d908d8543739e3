namespace Emleak.BpfLoader.Kernel;

/// <summary>The running kernel's version, for the one place that must tell it to the kernel, and for messages.</summary>
internal static class KernelVersion
{
    private const int LargestSublevel = 255;

    /// <summary>
    /// As <c>LINUX_VERSION_CODE</c>. Kernels before 5.0 load kprobe programs only when told their own version; later ones
    /// do not look.
    /// </summary>
    public static uint Code { get; } = Encode(Environment.OSVersion.Version);

    internal static uint Encode(Version version) =>
        ((uint)version.Major << 16) | ((uint)version.Minor << 8) | (uint)Math.Clamp(version.Build, 0, LargestSublevel);
}
