using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>The part of <c>struct statx</c> (statx(2), Linux 4.11) that is needed; unlike <c>struct stat</c> it is the same on every machine.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly partial struct FileStatus
{
    private const int EmptyPath = 0x1000;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const ushort TypeMask = 0xf000;
    private const ushort FolderType = 0x4000;
    private const ushort RegularType = 0x8000;
    private const ushort SocketType = 0xc000;
    private const ushort LinkType = 0xa000;

    [FieldOffset(20)] private readonly uint _owner;
    [FieldOffset(28)] private readonly ushort _mode;
    [FieldOffset(32)] private readonly ulong _inode;
    [FieldOffset(40)] private readonly ulong _size;
    [FieldOffset(136)] private readonly uint _deviceMajor;
    [FieldOffset(140)] private readonly uint _deviceMinor;

    public bool IsFolder => (_mode & TypeMask) == FolderType;

    public bool IsRegularFile => (_mode & TypeMask) == RegularType;

    public bool IsSocket => (_mode & TypeMask) == SocketType;

    /// <summary>True for a symbolic link, as a descriptor that was opened without following it shows one.</summary>
    public bool IsLink => (_mode & TypeMask) == LinkType;

    /// <summary>The user that the file belongs to.</summary>
    public uint Owner => _owner;

    public long Size => (long)Math.Min(_size, long.MaxValue);

    public FileIdentity Identity => new(_deviceMajor, _deviceMinor, _inode);

    public static FileStatus Of(SafeHandle file, string path)
    {
        if (Statx(file, "", EmptyPath, BasicStats, out FileStatus status) == 0) return status;
        throw new IOException($"cannot stat {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>What has a name in a folder, a link itself and not what it leads to; null when nothing has, or it cannot be told.</summary>
    public static FileStatus? At(SafeHandle folder, string name) => Statx(folder, name, NoFollow, BasicStats, out FileStatus status) == 0 ? status : null;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeHandle folder, string path, int flags, uint mask, out FileStatus status);
}
