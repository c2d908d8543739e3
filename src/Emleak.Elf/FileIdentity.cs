using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>What makes a file the same file whatever its name: as in <c>/proc/PID/maps</c> and stat(2).</summary>
/// <param name="DeviceMajor">Major number of the device that holds the file system.</param>
/// <param name="DeviceMinor">Minor number of that device.</param>
/// <param name="Inode">Inode number; 0 for bytes that come from no file.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode);
