namespace Emleak.BpfLoader.Kernel;

/// <summary>The running kernel's version, for the one place that must tell it to the kernel, and for messages.</summary>
internal static class KernelVersion
{
    private const int LargestSublevel = 255;

    /// <summary>
    /// As <c>LINUX_VERSION_CODE</c>. Kernels before 5.0 load kprobe programs only when told their own version; later ones
    /// do not look.
    /// </summary>
    public static uint Code { get; } = Encode(Find(ReadIfThere("/proc/version_signature"), ReadIfThere("/proc/sys/kernel/version"), Environment.OSVersion.Version));

    /// <summary>
    /// Ubuntu's and Debian's releases do not say which version of Linux they are of: 4.19.0-26-amd64 is 4.19.304. Both say it elsewhere.
    /// </summary>
    /// <param name="signature">Ubuntu's /proc/version_signature: <c>Ubuntu 4.15.0-213.224-generic 4.15.18</c>.</param>
    /// <param name="build">What uname(2) calls version: <c>#1 SMP Debian 4.19.304-1 (2024-01-09)</c>.</param>
    /// <param name="release">The release's numbers.</param>
    internal static Version Find(string signature, string build, Version release)
    {
        const string Debian = "Debian";
        string[] ubuntu = signature.Split(' ', StringSplitOptions.TrimEntries);
        if (ubuntu is ["Ubuntu", _, string mainline] && Version.TryParse(mainline, out Version? told)) return told;
        string[] words = build.Split(' ');
        int debian = Array.IndexOf(words, Debian);
        if (debian < 0 || debian + 1 >= words.Length) return release;
        return Version.TryParse(words[debian + 1].Split('-')[0], out told) && told.Build >= 0 ? told : release;
    }

    internal static uint Encode(Version version) =>
        ((uint)version.Major << 16) | ((uint)version.Minor << 8) | (uint)Math.Clamp(version.Build, 0, LargestSublevel);

    private static string ReadIfThere(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
