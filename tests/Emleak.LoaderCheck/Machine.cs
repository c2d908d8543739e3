using System.Runtime.InteropServices;

namespace Emleak.LoaderCheck;

/// <summary>A virtual machine in which this program is all that there is.</summary>
internal static partial class Machine
{
    /// <summary>Where control groups are.</summary>
    public const string ControlGroups = "/sys/fs/cgroup";

    private const int PowerOff = 0x4321fedc;

    /// <summary>Mounts what the kernel tells its state by.</summary>
    public static void MountFileSystems()
    {
        foreach ((string type, string folder) in new[] { ("proc", "/proc"), ("sysfs", "/sys"), ("tracefs", "/sys/kernel/tracing"), ("cgroup2", ControlGroups) })
        {
            Directory.CreateDirectory(folder);
            if (Mount(type, folder, type, 0, 0) != 0) Console.WriteLine($"{folder} cannot be mounted");
        }
    }

    /// <summary>Ends it.</summary>
    public static void TurnOff() => _ = Reboot(PowerOff);

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mount(string source, string target, string type, nuint flags, nint data);

    [LibraryImport("libc", EntryPoint = "reboot")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Reboot(int command);
}
